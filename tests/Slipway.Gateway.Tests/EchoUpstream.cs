using System.Net.Sockets;
using System.Text;

namespace Slipway.Gateway.Tests;

/// <summary>Answers each request with the head that it got, as it came over the wire.</summary>
static class EchoUpstream
{
    public static RawUpstream Start(string headers = "", string name = "raw") => new(async socket =>
    {
        while (await RawUpstream.ReadHead(socket) is { Length: > 0 } head)
            await socket.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{headers}Content-Length: {head.Length}\r\n\r\n{head}"), SocketFlags.None);
    }, name);
}
