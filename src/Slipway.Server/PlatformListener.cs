using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Model;

namespace Slipway.Server;

/// <summary>
/// The platform's listening address, taken before anything else is made, so that a port in use is found out at once and port 0 is a number
/// by the time that image names are made of it. Nothing is accepted until the server is whole.
/// </summary>
sealed class PlatformListener : IDisposable
{
    const string Expected = "ADDRESS:PORT, [IPv6]:PORT, localhost:PORT or *:PORT";

    PlatformListener(Socket socket)
    {
        Socket = socket;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        var reached = EndPoint.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : EndPoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : EndPoint.Address;
        Address = new IPEndPoint(reached, EndPoint.Port).ToString();
    }

    public Socket Socket { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>How this machine reaches it: 127.0.0.1:8080</summary>
    public string Address { get; }

    public string Url => "http://" + Address;

    /// <exception cref="InvalidInputException"><paramref name="listen"/> is no address.</exception>
    /// <exception cref="ServerStartException">The address is taken, is not this machine's, or needs root.</exception>
    public static PlatformListener Bind(string listen)
    {
        var end = Parse(listen);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(end);
            return new PlatformListener(socket);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw Refused(listen, refused);
        }
    }

    public static ServerStartException Refused(string listen, SocketException refused) => new(refused.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"{listen} is in use by another program. Stop that, or choose another address with --listen.",
        SocketError.AddressNotAvailable => $"{listen} is no address of this machine. Choose another with --listen.",
        SocketError.AccessDenied => $"{listen} needs root. Choose a port above 1023 with --listen.",
        _ => $"{listen} can't be listened on: {refused.Message}.",
    }, refused);

    public void Dispose() => Socket.Dispose();

    static IPEndPoint Parse(string listen)
    {
        var colon = listen.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(listen.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            var host = listen[..colon];
            if (host == "localhost") return new IPEndPoint(IPAddress.Loopback, port);
            if (host == "*") return new IPEndPoint(IPAddress.Any, port);
            if (IPEndPoint.TryParse(listen, out var end) && end.ToString() == listen) return end;
        }
        throw new InvalidInputException(new Diagnostic { Message = $"'{listen}' is no address to listen on", Key = "--listen", Found = listen, Expected = Expected });
    }
}
