using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>The server's end of a gateway's control socket. One for a gateway; safe for concurrent use.</summary>
public sealed class GatewayClient : IDisposable
{
    readonly HttpClient _http;
    readonly string _socket;

    /// <param name="controlSocket">Path of DATA/gateway/control.sock.</param>
    public GatewayClient(string controlSocket)
    {
        _socket = controlSocket;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancel) => Connect(controlSocket, cancel), UseProxy = false })
        {
            BaseAddress = new Uri("http://gateway"),
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    /// <summary>Gives the gateway a table. When this returns, no request begins by an older one; publishing the same table again does nothing.</summary>
    /// <exception cref="TableRefusedException">The gateway serves by a newer table.</exception>
    /// <exception cref="InvalidInputException">The table can't be served by: two routes for one host and path, a bad port ...</exception>
    /// <exception cref="GatewayUnavailableException">No gateway answers, or it can't store the table. Whether it is served by is not known.</exception>
    public async Task Publish(RouteTable table, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/table") { Content = JsonContent.Create(table, ModelJson.Default.RouteTable) };
        using var answer = await Send(request, cancel);
        if (answer.IsSuccessStatusCode) return;
        var refusal = await Refusal(answer, cancel);
        throw answer.StatusCode switch
        {
            HttpStatusCode.Conflict => new TableRefusedException(refusal.Version ?? 0, refusal.Message),
            HttpStatusCode.BadRequest => new InvalidInputException(refusal.Diagnostics ?? [new Diagnostic { Message = refusal.Message }]),
            _ => new GatewayUnavailableException(refusal.Message, null),
        };
    }

    /// <summary>Gives the gateway its certificates. When this returns, every handshake that begins is by them, and they are on its disk.</summary>
    /// <exception cref="InvalidInputException">One of them can't be served with; nothing was changed.</exception>
    /// <exception cref="GatewayUnavailableException">No gateway answers, or it can't store them.</exception>
    public async Task Publish(CertificateSet certificates, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/certificates") { Content = JsonContent.Create(certificates, ModelJson.Default.CertificateSet) };
        using var answer = await Send(request, cancel);
        if (answer.IsSuccessStatusCode) return;
        var refusal = await Refusal(answer, cancel);
        throw answer.StatusCode == HttpStatusCode.BadRequest
            ? new InvalidInputException(refusal.Diagnostics ?? [new Diagnostic { Message = refusal.Message }])
            : new GatewayUnavailableException(refusal.Message, null);
    }

    /// <exception cref="GatewayUnavailableException">No gateway answers.</exception>
    public Task<GatewayReport> Report(CancellationToken cancel) => Get("/report", ModelJson.Default.GatewayReport, cancel);

    /// <summary>The table that the gateway serves by.</summary>
    /// <exception cref="GatewayUnavailableException">No gateway answers.</exception>
    public Task<RouteTable> Table(CancellationToken cancel) => Get("/table", ModelJson.Default.RouteTable, cancel);

    public async Task<bool> IsAlive(CancellationToken cancel)
    {
        try
        {
            using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, "/healthz"), cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (GatewayUnavailableException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, path), cancel);
        if (!answer.IsSuccessStatusCode) throw new GatewayUnavailableException($"GET {path}: the gateway answered {(int)answer.StatusCode}.", null);
        return await answer.Content.ReadFromJsonAsync(type, cancel) ?? throw new GatewayUnavailableException($"GET {path}: the gateway answered null.", null);
    }

    async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(request, cancel);
        }
        catch (Exception broken) when (broken is HttpRequestException || broken is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            throw new GatewayUnavailableException($"No gateway answers at {_socket} ({broken.InnerException?.Message ?? broken.Message}).", broken);
        }
    }

    static async Task<ControlRefusal> Refusal(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            if (await answer.Content.ReadFromJsonAsync(ControlJson.Default.ControlRefusal, cancel) is { } refusal) return refusal;
        }
        catch (JsonException)
        {
            // Kestrel's own refusals have no body.
        }
        return new ControlRefusal($"The gateway answered {(int)answer.StatusCode}.");
    }

    static async ValueTask<Stream> Connect(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
