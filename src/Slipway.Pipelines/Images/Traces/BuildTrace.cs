using System.Globalization;
using Slipway.Model;
using Slipway.Pipelines.Images.Building;

namespace Slipway.Pipelines.Images.Traces;

/// <summary>
/// Turns what BuildKit tells of one build into what people watch: each step's begin and end once, and what it wrote as whole lines.
/// Not thread-safe: one for a build, fed in the order of its messages.
/// </summary>
internal sealed class BuildTrace(string service, TimeProvider time)
{
    const int KeptLines = 40;

    readonly Dictionary<string, Step> _steps = new(StringComparer.Ordinal);

    /// <summary>The first step that failed by itself, or null.</summary>
    public FailedStep? Failure { get; private set; }

    public IEnumerable<RolloutEvent> Read(ReadOnlyMemory<byte> statusResponse)
    {
        var progress = BuildProgress.Parse(statusResponse);
        // One message can hold a step's begin, all of its output and its end; people read them in that order.
        foreach (var vertex in progress.Vertexes)
            if (Begin(vertex) is { } began) yield return began;
        foreach (var log in progress.Logs)
            foreach (var line in Write(log)) yield return line;
        foreach (var vertex in progress.Vertexes)
            foreach (var ended in End(vertex)) yield return ended;
    }

    RolloutEvent.BuildStep? Begin(VertexProgress vertex)
    {
        var step = Find(vertex.Digest);
        step.Name = vertex.Name;
        if (vertex.Started is null || vertex.Cached || step.Begun || step.Ended) return null;
        step.Begun = true;
        return Event(step, BuildStepState.Started);
    }

    IEnumerable<RolloutEvent> Write(VertexLog log)
    {
        var step = Find(log.Vertex);
        foreach (var line in step.Lines(log.Stream).Add(log.Bytes)) yield return Output(step, line);
    }

    IEnumerable<RolloutEvent> End(VertexProgress vertex)
    {
        var step = Find(vertex.Digest);
        // BuildKit reports some steps as completed twice, the second time as cached.
        if (vertex.Completed is null || step.Ended) yield break;
        step.Ended = true;
        foreach (var rest in step.Flush()) yield return Output(step, rest);
        if (vertex.Error is not null)
        {
            var isCancelled = vertex.Error.Contains("context canceled", StringComparison.Ordinal);
            if (!isCancelled) Failure ??= new FailedStep(step.Name, vertex.Error, [.. step.Last]);
            yield return Event(step, BuildStepState.Failed) with { Error = isCancelled ? "cancelled" : BuildFailure.Reason(vertex.Error), Seconds = Seconds(vertex) };
            yield break;
        }
        yield return Event(step, vertex.Cached ? BuildStepState.Cached : BuildStepState.Done) with { Seconds = Seconds(vertex) };
    }

    static double? Seconds(VertexProgress vertex) =>
        vertex.Started is null ? null : Math.Max(0, Math.Round((vertex.Completed!.Value - vertex.Started.Value).TotalSeconds, 3));

    Step Find(string digest)
    {
        if (_steps.TryGetValue(digest, out var known)) return known;
        return _steps[digest] = new Step { Id = $"{service}#{(_steps.Count + 1).ToString(CultureInfo.InvariantCulture)}", Name = digest };
    }

    RolloutEvent.BuildStep Event(Step step, BuildStepState state) =>
        new() { Time = time.GetUtcNow(), Service = service, Step = step.Id, Name = step.Name, State = state };

    RolloutEvent.BuildOutput Output(Step step, string line)
    {
        if (step.Last.Count == KeptLines) step.Last.Dequeue();
        step.Last.Enqueue(line);
        return new() { Time = time.GetUtcNow(), Service = service, Step = step.Id, Text = line };
    }

    sealed class Step
    {
        // Standard output and standard error are cut independently of each other.
        readonly SortedDictionary<long, LineAssembler> _streams = [];

        public required string Id { get; init; }

        public required string Name { get; set; }

        public bool Begun { get; set; }

        public bool Ended { get; set; }

        public Queue<string> Last { get; } = new();

        public LineAssembler Lines(long stream) => _streams.TryGetValue(stream, out var known) ? known : _streams[stream] = new LineAssembler();

        public IEnumerable<string> Flush() => _streams.Values.Select(lines => lines.Flush()).OfType<string>();
    }
}

/// <summary>The step that a build failed at.</summary>
/// <param name="Name">As the engine names it: [2/4] RUN make</param>
/// <param name="Error">What the engine says of it.</param>
/// <param name="LastLines">The last lines that the step wrote.</param>
internal sealed record FailedStep(string Name, string Error, IReadOnlyList<string> LastLines);
