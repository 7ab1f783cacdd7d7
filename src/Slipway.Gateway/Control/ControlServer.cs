using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Certificates;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>
/// The control socket: HTTP/1.1 over a unix socket that only its owner may open. A server of its own with threads of its own, because storing a
/// table waits for the disk.
/// <code>
///   PUT /table    a RouteTable   200 {version}: no request begins by an older table · 400 every reason · 409 {version} it is served by
///   GET /table    the RouteTable that is served by
///   PUT /certificates   a CertificateSet   204: handshakes that begin now are by it · 400 every reason
///   GET /report   GatewayReport
///   GET /healthz  {version}
/// </code>
/// </summary>
static class ControlServer
{
    const long MaxTable = 256 * 1024 * 1024;

    public static WebApplication Create(GatewayOptions options, ILoggerFactory logs, TableSwitch tables, CertificateBook certificates, Switchboard switchboard, Reporter reporter)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<RouteMemory>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(options.ControlSocket, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = MaxTable;
            kestrel.AddServerHeader = false;
        });
        var app = builder.Build();
        app.UseRouting();
        var memory = app.Services.GetRequiredService<RouteMemory>();
        app.MapPut("/table", (RequestDelegate)(context => Put(context, tables, memory)));
        app.MapPut("/certificates", (RequestDelegate)(context => PutCertificates(context, certificates)));
        app.MapGet("/table", (RequestDelegate)(context => context.Response.WriteAsJsonAsync(switchboard.Table.Document, ModelJson.Default.RouteTable)));
        app.MapGet("/report", (RequestDelegate)(context => context.Response.WriteAsJsonAsync(reporter.Report(), ModelJson.Default.GatewayReport)));
        app.MapGet("/healthz", (RequestDelegate)(context =>
            context.Response.WriteAsJsonAsync(new ControlState(switchboard.Table.Document.Version), ControlJson.Default.ControlState)));
        return app;
    }

    static async Task Put(HttpContext context, TableSwitch tables, RouteMemory memory)
    {
        try
        {
            var table = await memory.Read(context.Request.Body, context.RequestAborted);
            // Begun is done: a client that hangs up does not leave a table half in service.
            await tables.Apply(table, CancellationToken.None);
            await context.Response.WriteAsJsonAsync(new ControlState(table.Version), ControlJson.Default.ControlState);
        }
        catch (JsonException wrong)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, new ControlRefusal($"The body is no route table: {wrong.Message}"));
        }
        catch (InvalidInputException wrong)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, new ControlRefusal(wrong.Message, Diagnostics: wrong.Diagnostics));
        }
        catch (TableRefusedException refused)
        {
            await Refuse(context, StatusCodes.Status409Conflict, new ControlRefusal(refused.Message, refused.CurrentVersion));
        }
        catch (IOException disk)
        {
            await Refuse(context, StatusCodes.Status507InsufficientStorage, new ControlRefusal($"The table can't be stored: {disk.Message}"));
        }
    }

    static async Task PutCertificates(HttpContext context, CertificateBook certificates)
    {
        try
        {
            var set = await JsonSerializer.DeserializeAsync(context.Request.Body, ModelJson.Default.CertificateSet, context.RequestAborted) ?? throw new JsonException("null is no set of certificates");
            await certificates.Apply(set, CancellationToken.None);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (JsonException)
        {
            // Not its message: it may show a piece of a key.
            await Refuse(context, StatusCodes.Status400BadRequest, new ControlRefusal("The body is no set of certificates."));
        }
        catch (InvalidInputException wrong)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, new ControlRefusal(wrong.Message, Diagnostics: wrong.Diagnostics));
        }
        catch (IOException disk)
        {
            await Refuse(context, StatusCodes.Status507InsufficientStorage, new ControlRefusal($"The certificates can't be stored: {disk.Message}"));
        }
    }

    static Task Refuse(HttpContext context, int status, ControlRefusal refusal)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(refusal, ControlJson.Default.ControlRefusal);
    }
}
