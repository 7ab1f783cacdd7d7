using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Streams;

/// <summary>Where connections or datagrams of a route come in.</summary>
readonly record struct StreamKey(StreamProtocol Protocol, IPEndPoint Address)
{
    public override string ToString() => $"{Address}/{(Protocol == StreamProtocol.Tcp ? "tcp" : "udp")}";
}
