using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <param name="Http">Path of a GET, or null.</param>
/// <param name="Passes">Probes in a row that must pass.</param>
readonly record struct ProbeTarget(string Instance, DateTimeOffset? Started, string Address, int Port, string? Http, TimeSpan Every, TimeSpan Timeout, int Passes)
{
    /// <summary>As <see cref="ReadyGate.Grpc"/>. Where this and <see cref="Http"/> are null a connection is enough, with TLS where it is spoken.</summary>
    public string? Grpc { get; init; }

    public UpstreamProtocol? Protocol { get; init; }

    /// <summary>Nothing is asked but whether it takes connections.</summary>
    public bool IsConnect => Http is null && Grpc is null;
}

/// <summary>One probe: true when the instance answers as it should.</summary>
delegate Task<bool> Probe(ProbeTarget target, CancellationToken cancel);

/// <summary>Probes over the network, from the server to the instance's own address.</summary>
sealed class NetworkProbe : IDisposable
{
    readonly ProbeClients _clients = new();

    public async Task<bool> Check(ProbeTarget target, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(target.Timeout);
        try
        {
            if (target.Grpc is { } service) return await GrpcHealth.Check(_clients.For(target.Protocol), Origin(target), service, limit.Token);
            return target.Http is { } path ? await Get(target, path, limit.Token) : await Connect(target, limit.Token);
        }
        catch (Exception refused) when (refused is HttpRequestException or SocketException or IOException or AuthenticationException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => _clients.Dispose();

    async Task<bool> Get(ProbeTarget target, string path, CancellationToken cancel)
    {
        var client = _clients.For(target.Protocol);
        using var request = new HttpRequestMessage(HttpMethod.Get, Origin(target) + path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        request.Headers.UserAgent.ParseAdd("slipway-ready");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return (int)answer.StatusCode is >= 200 and < 400;
    }

    static string Origin(ProbeTarget target)
    {
        var host = IPAddress.TryParse(target.Address, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{target.Address}]" : target.Address;
        return string.Create(CultureInfo.InvariantCulture, $"{(target.Protocol is { IsTls: true } ? "https" : "http")}://{host}:{target.Port}");
    }

    static async Task<bool> Connect(ProbeTarget target, CancellationToken cancel)
    {
        await using var connection = await ProbeClients.Connect(target.Protocol, new IPEndPoint(IPAddress.Parse(target.Address), target.Port), cancel);
        return true;
    }
}
