using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <param name="Http">Path of a GET, or null for a TCP connect.</param>
/// <param name="Passes">Probes in a row that must pass.</param>
readonly record struct ProbeTarget(string Instance, DateTimeOffset? Started, string Address, int Port, string? Http, TimeSpan Every, TimeSpan Timeout, int Passes);

/// <summary>One probe: true when the instance answers as it should.</summary>
delegate Task<bool> Probe(ProbeTarget target, CancellationToken cancel);

/// <summary>Probes over the network, from the server to the instance's own address.</summary>
sealed class NetworkProbe : IDisposable
{
    // Redirects count as an answer; they must not lead the probe elsewhere, and no proxy of the server's environment stands between.
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromSeconds(30) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<bool> Check(ProbeTarget target, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(target.Timeout);
        try
        {
            return target.Http is { } path ? await Get(target, path, limit.Token) : await Connect(target, limit.Token);
        }
        catch (Exception refused) when (refused is HttpRequestException or SocketException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    async Task<bool> Get(ProbeTarget target, string path, CancellationToken cancel)
    {
        var host = IPAddress.TryParse(target.Address, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{target.Address}]" : target.Address;
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"http://{host}:{target.Port}{path}"));
        request.Headers.UserAgent.ParseAdd("slipway-ready");
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return (int)answer.StatusCode is >= 200 and < 400;
    }

    static async Task<bool> Connect(ProbeTarget target, CancellationToken cancel)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse(target.Address), target.Port, cancel);
        return true;
    }
}
