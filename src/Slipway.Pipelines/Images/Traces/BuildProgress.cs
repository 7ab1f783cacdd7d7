using Google.Protobuf;

namespace Slipway.Pipelines.Images.Traces;

/// <summary>
/// What BuildKit says of a build in one message: <c>moby.buildkit.v1.StatusResponse</c>
/// (moby/buildkit, api/services/control/control.proto: vertexes = 1, statuses = 2, logs = 3, warnings = 4).
/// Only what is shown is read; fields of later versions are skipped.
/// </summary>
internal sealed record BuildProgress
{
    public required IReadOnlyList<VertexProgress> Vertexes { get; init; }

    public required IReadOnlyList<VertexLog> Logs { get; init; }

    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message.</exception>
    public static BuildProgress Parse(ReadOnlyMemory<byte> message)
    {
        var vertexes = new List<VertexProgress>();
        var logs = new List<VertexLog>();
        var input = Input(message);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    vertexes.Add(VertexProgress.Parse(input.ReadBytes().Memory));
                    break;
                case 3:
                    logs.Add(VertexLog.Parse(input.ReadBytes().Memory));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return new BuildProgress { Vertexes = vertexes, Logs = logs };
    }

    internal static CodedInputStream Input(ReadOnlyMemory<byte> message) => new(message.ToArray());

    /// <summary>google.protobuf.Timestamp: seconds = 1, nanos = 2.</summary>
    internal static DateTimeOffset ParseTime(ReadOnlyMemory<byte> message)
    {
        long seconds = 0, nanoseconds = 0;
        var input = Input(message);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    seconds = input.ReadInt64();
                    break;
                case 2:
                    nanoseconds = input.ReadInt32();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100);
    }
}

/// <summary>A vertex is one step; it comes again each time something about it changes (Vertex: digest = 1, inputs = 2, name = 3, cached = 4, started = 5, completed = 6, error = 7).</summary>
internal sealed record VertexProgress(string Digest, string Name, bool Cached, DateTimeOffset? Started, DateTimeOffset? Completed, string? Error)
{
    public static VertexProgress Parse(ReadOnlyMemory<byte> message)
    {
        string digest = "", name = "", error = "";
        var cached = false;
        DateTimeOffset? started = null, completed = null;
        var input = BuildProgress.Input(message);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    digest = input.ReadString();
                    break;
                case 3:
                    name = input.ReadString();
                    break;
                case 4:
                    cached = input.ReadBool();
                    break;
                case 5:
                    started = BuildProgress.ParseTime(input.ReadBytes().Memory);
                    break;
                case 6:
                    completed = BuildProgress.ParseTime(input.ReadBytes().Memory);
                    break;
                case 7:
                    error = input.ReadString();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return new VertexProgress(digest, name, cached, started, completed, error.Length > 0 ? error : null);
    }
}

/// <summary>A piece of what a step wrote, cut anywhere (VertexLog: vertex = 1, timestamp = 2, stream = 3, msg = 4).</summary>
internal sealed record VertexLog(string Vertex, long Stream, ReadOnlyMemory<byte> Bytes)
{
    public static VertexLog Parse(ReadOnlyMemory<byte> message)
    {
        var vertex = "";
        var stream = 0L;
        ReadOnlyMemory<byte> bytes = default;
        var input = BuildProgress.Input(message);
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    vertex = input.ReadString();
                    break;
                case 3:
                    stream = input.ReadInt64();
                    break;
                case 4:
                    bytes = input.ReadBytes().Memory;
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return new VertexLog(vertex, stream, bytes);
    }
}
