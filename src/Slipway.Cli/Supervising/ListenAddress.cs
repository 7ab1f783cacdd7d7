using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Cli.Supervising;

/// <summary>Where to listen: an IP address, localhost or * (all addresses), and a port.</summary>
[JsonConverter(typeof(ListenAddressJsonConverter))]
readonly record struct ListenAddress(string Host, int Port)
{
    public const string Rule = "ADDRESS:PORT, localhost:PORT, *:PORT or :PORT, with a port from 1 to 65535";

    public static bool TryParse(string? text, out ListenAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text) || text.LastIndexOf(':') is not (>= 0 and var colon)) return false;
        if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535) return false;
        var host = text[..colon] switch { "" or "*" => "*", "localhost" => "localhost", var other => other };
        if (host is not ("*" or "localhost") && !(IPAddress.TryParse(host.Trim('[', ']'), out var ip) && host.StartsWith('[') == (ip.AddressFamily == AddressFamily.InterNetworkV6))) return false;
        address = new ListenAddress(host, port);
        return true;
    }

    /// <param name="option">What the text was given to, for the message: --listen.</param>
    /// <exception cref="InvalidInputException">The text is none.</exception>
    public static ListenAddress Parse(string text, string option) =>
        TryParse(text, out var address) ? address : throw new InvalidInputException(new Diagnostic
        {
            Key = option,
            Message = $"'{text}' is no address to listen on",
            Found = text,
            Expected = Rule,
        });

    /// <summary>Whether this process could listen there now; the reason where it can't.</summary>
    public string? WhyNot()
    {
        var all = Host == "*";
        var ip = all ? IPAddress.IPv6Any : Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host.Trim('[', ']'));
        if (all && !Socket.OSSupportsIPv6) ip = IPAddress.Any;
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (all && ip.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = true;
            socket.Bind(new IPEndPoint(ip, Port));
            socket.Listen(1);
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "something else listens there",
                SocketError.AccessDenied => "ports below 1024 need root",
                SocketError.AddressNotAvailable => "this machine does not have that address",
                _ => refused.Message,
            };
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

sealed class ListenAddressJsonConverter : JsonConverter<ListenAddress>
{
    public override ListenAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ListenAddress.TryParse(reader.GetString(), out var address) ? address : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, ListenAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
