using System.Globalization;
using System.Net.Sockets;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Logging;

/// <summary>
/// A connection or flow as a line, with the fields of a request (see <see cref="LogLine"/>) where there is one that says the same.
/// <code>
///   combined  CLIENT - - [TIME] "CONNECT ADDRESS:PORT TCP" STATUS SENT "-" "-" - APP/SERVICE vN INSTANCE CONNECT TOTAL - -
///   json      {"time":...,"client":...,"protocol":"tcp","listener":...,"status":...,"ended":...,"received":...,"bytes":...,...}
/// </code>
/// </summary>
static class StreamLine
{
    const int InstanceLength = 12, MaxText = 512;

    /// <returns>Bytes of the line, its LF among them.</returns>
    public static int Format(byte[] line, AccessLogFormat format, in StreamRecord record, DateTimeOffset now)
    {
        var writer = new LogLine.LineWriter(line);
        if (format == AccessLogFormat.Json) Json(ref writer, record, now);
        else Combined(ref writer, record, now);
        return writer.End();
    }

    static void Combined(ref LogLine.LineWriter writer, in StreamRecord record, DateTimeOffset now)
    {
        writer.Raw(Client(record));
        writer.Raw(" - - [");
        writer.Raw(now.ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture));
        writer.Raw(" +0000] \"CONNECT ");
        writer.Raw(record.Key.Address.ToString());
        writer.Raw(record.Key.Protocol == StreamProtocol.Tcp ? " TCP\" " : " UDP\" ");
        writer.Number(record.Status.Code);
        writer.Raw(" ");
        writer.Number(record.Sent);
        writer.Raw(" \"-\" \"-\" - ");
        if (record.Route is { } route)
        {
            writer.Raw(route.App.Value);
            writer.Raw("/");
            writer.Raw(route.Service);
        }
        else
        {
            writer.Raw("-");
        }
        writer.Raw(record.Release is null ? " -" : " v");
        if (record.Release is { } release) writer.Number(release);
        writer.Raw(" ");
        writer.Word(Short(record.Instance), InstanceLength);
        writer.Raw(" ");
        writer.Seconds(record.Connect?.TotalSeconds ?? -1);
        writer.Raw(" ");
        writer.Seconds(record.Lasted.TotalSeconds);
        writer.Raw(" - -");
    }

    static void Json(ref LogLine.LineWriter writer, in StreamRecord record, DateTimeOffset now)
    {
        writer.Raw("{\"time\":\"");
        writer.Raw(now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.Raw("\"");
        writer.Member("client", Client(record), MaxText);
        writer.Member("protocol", record.Key.Protocol == StreamProtocol.Tcp ? "tcp" : "udp", MaxText);
        writer.Member("listener", record.Key.Address.ToString(), MaxText);
        writer.Raw(",\"status\":");
        writer.Number(record.Status.Code);
        writer.Member("ended", record.Status.Word, MaxText);
        writer.Raw(",\"received\":");
        writer.Number(record.Received);
        writer.Raw(",\"bytes\":");
        writer.Number(record.Sent);
        writer.Member("app", record.Route?.App.Value, MaxText);
        writer.Member("service", record.Route?.Service, MaxText);
        if (record.Release is { } release)
        {
            writer.Raw(",\"release\":");
            writer.Number(release);
        }
        writer.Member("instance", Short(record.Instance), InstanceLength);
        if (record.Connect is { } connect)
        {
            writer.Raw(",\"upstream\":");
            writer.Seconds(connect.TotalSeconds);
        }
        writer.Raw(",\"duration\":");
        writer.Seconds(record.Lasted.TotalSeconds);
        writer.Raw("}");
    }

    static string Client(in StreamRecord record) => record.Client.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 ? record.Client.ToString() : "-";

    static string? Short(string? instance) => instance is { Length: > InstanceLength } ? instance[..InstanceLength] : instance;
}
