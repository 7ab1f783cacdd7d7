using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class NetworkProbeTests : IDisposable
{
    readonly NetworkProbe _probe = new();
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public NetworkProbeTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        _probe.Dispose();
    }

    [Theory]
    [InlineData("200 OK", true)]
    [InlineData("302 Found\r\nLocation: http://127.0.0.1:1/", true)]
    [InlineData("404 Not Found", false)]
    [InlineData("503 Service Unavailable", false)]
    public async Task Http_ByStatus_PassesFrom200To399(string status, bool passes)
    {
        var asked = Answer(status);
        (await _probe.Check(Target("/up", TimeSpan.FromSeconds(20)), _cancel)).ShouldBe(passes);
        (await asked).ShouldStartWith("GET /up HTTP/1.1");
    }

    [Fact]
    public async Task Http_NoAnswerInTime_Fails() =>
        (await _probe.Check(Target("/up", TimeSpan.FromMilliseconds(200)), _cancel)).ShouldBeFalse();

    [Fact]
    public async Task Tcp_Listening_Passes_AndFailsWhenNothingListens()
    {
        var target = Target(null, TimeSpan.FromSeconds(20));
        (await _probe.Check(target, _cancel)).ShouldBeTrue();
        _listener.Stop();
        (await _probe.Check(target, _cancel)).ShouldBeFalse();
    }

    ProbeTarget Target(string? path, TimeSpan timeout) =>
        new("c1", null, "127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port, path, TimeSpan.FromSeconds(1), timeout, 1);

    async Task<string> Answer(string status)
    {
        using var client = await _listener.AcceptTcpClientAsync(_cancel);
        var stream = client.GetStream();
        var request = new byte[4096];
        var length = await stream.ReadAsync(request, _cancel);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _cancel);
        return Encoding.ASCII.GetString(request, 0, length);
    }
}
