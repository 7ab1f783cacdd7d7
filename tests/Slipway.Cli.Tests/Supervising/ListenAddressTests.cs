using System.Net;
using System.Net.Sockets;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Tests.Supervising;

public class ListenAddressTests
{
    [Theory]
    [InlineData(":80", "*:80")]
    [InlineData("*:80", "*:80")]
    [InlineData("127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("localhost:1", "localhost:1")]
    [InlineData("[::1]:65535", "[::1]:65535")]
    public void TryParse_Address_IsWrittenOneWay(string text, string written)
    {
        ListenAddress.TryParse(text, out var address).ShouldBeTrue();
        address.ToString().ShouldBe(written);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData(":0")]
    [InlineData(":65536")]
    [InlineData("example.org:80")]
    [InlineData("::1:80")]
    public void TryParse_AnythingElse_IsRefused(string text) => ListenAddress.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void WhyNot_PortIsTaken_SaysSo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        new ListenAddress("127.0.0.1", port).WhyNot().ShouldBe("something else listens there");
        listener.Stop();
        new ListenAddress("127.0.0.1", port).WhyNot().ShouldBeNull();
    }
}
