using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Engines.Docker;

/// <summary>The engine's endless answers: one JSON document a line, each delivered as soon as it is whole.</summary>
static class DockerMessages
{
    /// <exception cref="EngineUnavailableException">The connection broke before the answer's end.</exception>
    public static async IAsyncEnumerable<T> ReadMessages<T>(
        this DockerClient client, HttpResponseMessage answer, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(await answer.Content.ReadAsStreamAsync(cancel));
        try
        {
            while (true)
            {
                ReadResult read;
                try
                {
                    read = await reader.ReadAsync(cancel);
                }
                catch (Exception broken) when (broken is IOException or HttpRequestException)
                {
                    throw client.Lost(broken);
                }
                var rest = read.Buffer;
                while (TakeLine(ref rest, read.IsCompleted, out var line))
                    if (Parse(line, type) is { } message)
                        yield return message;
                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <summary>As <see cref="ReadMessages{T}"/> for progress, in which an error may come after the answer began with 200.</summary>
    /// <exception cref="EngineException">The stream carries an error; its text.</exception>
    public static async IAsyncEnumerable<ProgressMessage> ReadProgress(this DockerClient client, HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var message in client.ReadMessages(answer, DockerJson.Default.ProgressMessage, cancel))
            yield return message.Failure is { } failure ? throw new EngineException(0, failure) : message;
    }

    static bool TakeLine(ref ReadOnlySequence<byte> buffer, bool last, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }
        line = buffer;
        if (!last || buffer.IsEmpty) return false;
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    static T? Parse<T>(ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            // An empty line (the \n of \r\n split off, or a heartbeat) holds no document.
            return IsBlank(line) ? default : JsonSerializer.Deserialize(ref reader, type);
        }
        catch (JsonException broken)
        {
            throw new EngineException(0, $"The engine sent a line that is no JSON: {Encoding.UTF8.GetString(line.Slice(0, Math.Min(200, line.Length)))}", broken);
        }
    }

    static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
            if (part.Span.IndexOfAnyExcept((byte)' ', (byte)'\r') >= 0) return false;
        return true;
    }
}
