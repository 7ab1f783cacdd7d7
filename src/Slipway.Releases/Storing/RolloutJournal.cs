using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Releases;

/// <summary>
/// What happened in each rollout, for people to watch: <c>FOLDER/ID.ndjson</c>, one event a line, oldest first.
/// It is written beside the database, not in it, because a build may say a great deal; states are decided by the database alone.
/// A line that a power cut tore is skipped by readers and ended by the next writer, and its index stays taken, so that offsets never shift. Thread-safe.
/// </summary>
public sealed class RolloutJournal(string folder)
{
    readonly ConcurrentDictionary<long, Entry> _entries = new();

    public void Append(long rollout, RolloutEvent happened)
    {
        var entry = _entries.GetOrAdd(rollout, _ => new Entry());
        TaskCompletionSource grown;
        lock (entry)
        {
            Directory.CreateDirectory(folder);
            using var file = new FileStream(PathOf(rollout), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var torn = file.Length > 0 && LastByte(file) != '\n';
            file.Seek(0, SeekOrigin.End);
            var line = new ArrayBufferWriter<byte>();
            if (torn) line.Write("\n"u8);
            using (var writer = new Utf8JsonWriter(line)) JsonSerializer.Serialize(writer, happened, ModelJson.Default.RolloutEvent);
            line.Write("\n"u8);
            file.Write(line.WrittenSpan);
            (grown, entry.Grown) = (entry.Grown, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        grown.SetResult();
    }

    /// <summary>
    /// Events from the index <paramref name="from"/> on (0 is the first). Ends behind the event of an ended state; without
    /// <paramref name="follow"/> also at what is the end now.
    /// </summary>
    public async IAsyncEnumerable<(long Index, RolloutEvent Event)> Read(long rollout, long from, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        var entry = _entries.GetOrAdd(rollout, _ => new Entry());
        var (offset, index) = (0L, 0L);
        while (true)
        {
            Task grown;
            lock (entry) grown = entry.Grown.Task;
            var (lines, end) = await ReadLines(PathOf(rollout), offset, cancel);
            offset = end;
            foreach (var line in lines)
            {
                var happened = Parse(line);
                if (happened is not null && index >= from) yield return (index, happened);
                index++;
                if (happened is RolloutEvent.StateChanged { State.IsEnded: true }) yield break;
            }
            if (lines.Count > 0) continue;
            if (!follow) yield break;
            await grown.WaitAsync(cancel);
        }
    }

    /// <summary>Forgets a rollout's journal. No error when there is none.</summary>
    public void Delete(long rollout)
    {
        if (Directory.Exists(folder)) File.Delete(PathOf(rollout));
        _entries.TryRemove(rollout, out _);
    }

    string PathOf(long rollout) => Path.Combine(folder, FormattableString.Invariant($"{rollout}.ndjson"));

    static int LastByte(FileStream file)
    {
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte();
    }

    /// <summary>Whole lines from the offset on, at most about a megabyte of them, and where the next one begins.</summary>
    static async Task<(List<byte[]> Lines, long End)> ReadLines(string path, long offset, CancellationToken cancel)
    {
        const int Most = 1 << 20;
        var lines = new List<byte[]>();
        if (!File.Exists(path)) return (lines, offset);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length <= offset) return (lines, offset);
        file.Seek(offset, SeekOrigin.Begin);
        var content = new byte[Math.Min(file.Length - offset, Most)];
        var got = await file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancel);
        var begin = 0;
        while (content.AsSpan(begin, got - begin).IndexOf((byte)'\n') is var length and >= 0)
        {
            lines.Add(content[begin..(begin + length)]);
            begin += length + 1;
        }
        return (lines, offset + begin);
    }

    static RolloutEvent? Parse(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ModelJson.Default.RolloutEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    sealed class Entry
    {
        public TaskCompletionSource Grown { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
