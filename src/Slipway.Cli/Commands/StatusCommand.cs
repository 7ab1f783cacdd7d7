using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Cli.Supervising;
using Slipway.Server.Api;

namespace Slipway.Cli.Commands;

/// <summary>What runs, and how it is. Also answers when the server does not; then the exit code is 1.</summary>
static class StatusCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("status");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction((parsed, cancel) => Run(context, parsed, parsed.GetValue(json), cancel));
        return command;
    }

    static async Task<int> Run(CommandContext context, ParseResult parsed, bool json, CancellationToken cancel)
    {
        // Processes can be seen on their own machine only.
        var elsewhere = (parsed.GetValue(context.Server) ?? context.Shell.Variable("SLIPWAY_SERVER")) is not null;
        var processes = elsewhere ? null : ProcessReport.Of(context.DataFolderOf(parsed));
        ApiClient? api = null;
        try
        {
            api = context.Connect(parsed);
            if (json) WriteJson(context, processes, JsonNode.Parse(await api.Document("/status", cancel)), null);
            else await Write(context, processes, api, cancel);
            return ExitCode.Done;
        }
        catch (Exception away) when (away is ServerUnavailableException or CommandFailedException { Code: ExitCode.Failed })
        {
            if (json) WriteJson(context, processes, null, away.Message);
            else WriteDown(context, processes, away.Message);
            return ExitCode.Failed;
        }
        finally
        {
            api?.Dispose();
        }
    }

    static void WriteJson(CommandContext context, ProcessReport? processes, JsonNode? server, string? error)
    {
        var document = new JsonObject();
        if (processes is not null) document["processes"] = JsonNode.Parse(JsonSerializer.Serialize(processes, SupervisingJson.Default.ProcessReport));
        if (server is not null) document["server"] = server;
        if (error is not null) document["error"] = error;
        context.WriteJson(document.ToJsonString());
    }

    static async Task Write(CommandContext context, ProcessReport? processes, ApiClient api, CancellationToken cancel)
    {
        var (output, paint, status) = (context.Shell.Out, context.Paint, await api.Status(cancel));
        void Line(string name, bool ok, string text) => output.WriteLine($"{(ok ? paint.Green("●") : paint.Red("●"))} {name,-11}{text}");

        Line("server", true, $"{api.Url.AbsoluteUri.TrimEnd('/')}  {status.Version}, process {status.ProcessId}, up {Readable.Duration(TimeSpan.FromSeconds(status.UptimeSeconds))}");
        if (processes is not null) Line("supervisor", processes.Supervisor is not null, processes.Supervisor is { } id ? $"process {id}" : "does not run: 'slipway up' starts it");
        Line("database", true, status.Database.Shared ? $"{status.Database.Name}  {Part(status)}" : status.Database.Name);
        if (status.Engine is { } part) Line("engine", part.Error is null, part is { Status: { } engine }
            ? $"{engine.Version}, API {engine.ApiVersion}, {engine.Cpus} CPUs, {Readable.Bytes(engine.Memory)}  {engine.Address}"
            : part.Error ?? "unknown");
        Line("registry", true, $"{status.Registry.Address}  {Count(status.Registry.Repositories, "image repository", "image repositories")}, {Readable.Bytes(status.Registry.Bytes)}");
        if (status.Gateway is { } gateway)
        {
            Line("gateway", gateway.Error is null, gateway.Error ?? GatewayText(gateway));
            foreach (var (port, why) in gateway.NotListening) Line("", false, $"not listening on {port}: {why}");
        }
        foreach (var disk in status.Disks)
            Line("disk", disk.FreeBytes > disk.TotalBytes / 20, $"{Readable.Bytes(disk.FreeBytes)} of {Readable.Bytes(disk.TotalBytes)} free  {disk.Folder} ({disk.Use})");
        if (status.Apps is null) return;
        if (await api.PlatformFreeze(cancel) is { } freeze) Line("freeze", false, FreezePicture.Text(freeze, null));
        output.WriteLine();
        AppsCommand.Write(context, await api.Apps(cancel));
    }

    static string Part(ServerStatus status) => status.Leads switch
    {
        true => "leads",
        false => "stands by: another server leads",
        null => $"roles: {string.Join(", ", status.Roles)}",
    };

    static void WriteDown(CommandContext context, ProcessReport? processes, string why)
    {
        var (output, paint) = (context.Shell.Out, context.Paint);
        foreach (var (name, id) in processes is null ? [] : ((string, int?)[])[("supervisor", processes.Supervisor), ("server", processes.Server), ("gateway", processes.Gateway)])
            output.WriteLine($"{(id is null ? paint.Red("●") : paint.Green("●"))} {name,-11}{(id is { } running ? $"process {running}" : "does not run")}");
        context.Shell.Error.WriteLine(paint.Red("error: ", why));
    }

    static string GatewayText(ServerStatus.GatewayPart gateway) =>
        $"{string.Join(", ", gateway.Listening)}  process {gateway.ProcessId}, table {gateway.TableVersion}, {Count(gateway.InFlight, "request", "requests")} in flight";

    static string Count(long number, string one, string many) => $"{number} {(number == 1 ? one : many)}";
}
