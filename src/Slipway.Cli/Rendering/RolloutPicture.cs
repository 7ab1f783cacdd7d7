using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>
/// A rollout for a terminal, in two parts: lines that are finished and scroll away, and those of what goes on now, which are drawn again and again.
/// Not thread-safe.
/// </summary>
sealed class RolloutPicture
{
    const int ShownOutput = 4;

    readonly List<RunningStep> _steps = [];
    readonly List<(string Instance, DateTimeOffset Since)> _starting = [];
    readonly List<((string Service, int Number) Job, string Name, DateTimeOffset Since)> _jobs = [];
    (string Text, DateTimeOffset Since)? _state;

    /// <summary>Takes in what happened; gives the lines that are finished by it.</summary>
    public IReadOnlyList<ToneLine> Take(RolloutEvent happened)
    {
        switch (happened)
        {
            case RolloutEvent.StateChanged changed:
                return Take(changed);
            case RolloutEvent.Note note:
                return [new ToneLine(note.Severity switch { Severity.Error => Tone.Bad, Severity.Warning => Tone.Warning, _ => Tone.Dim }, "  " + Readable.Line(note.Text))];
            case RolloutEvent.BuildStep step:
                return Take(step);
            case RolloutEvent.BuildOutput line:
                if (Find(line.Service, line.Step) is { } writing) writing.Add(Readable.Line(line.Text));
                return [];
            case RolloutEvent.Pushed pushed:
                return [new ToneLine(Tone.Good, $"  ✔ {pushed.Service} pushed {Readable.ShortImage(pushed.Image)}")];
            case RolloutEvent.InstanceChanged instance:
                return Take(instance);
            case RolloutEvent.JobChanged job:
                return Take(job);
            case RolloutEvent.JobOutput line:
                // A job is looked at while it runs, so that its lines stay.
                return [new ToneLine(Tone.Dim, $"    {Readable.Line(line.Text)}")];
            default:
                return [];
        }
    }

    /// <summary>What goes on now. The frame turns the mark that shows that it does.</summary>
    public IReadOnlyList<ToneLine> Now(DateTimeOffset now, int frame)
    {
        var lines = new List<ToneLine>();
        var mark = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[frame % 10];
        foreach (var step in _steps)
        {
            lines.Add(new ToneLine(Tone.Plain, $"  {mark} {step.Service} {step.Name}", Elapsed(step.Since, now)));
            lines.AddRange(step.Output.Select(text => new ToneLine(Tone.Dim, "      " + text)));
        }
        foreach (var (_, name, since) in _jobs) lines.Add(new ToneLine(Tone.Plain, $"  {mark} {name}", Elapsed(since, now)));
        foreach (var (instance, since) in _starting) lines.Add(new ToneLine(Tone.Plain, $"  {mark} {instance} starting", Elapsed(since, now)));
        if (lines.Count == 0 && _state is { } state) lines.Add(new ToneLine(Tone.Plain, $"  {mark} {state.Text}", Elapsed(state.Since, now)));
        return lines;
    }

    List<ToneLine> Take(RolloutEvent.StateChanged changed)
    {
        // Of a canary it says which step; why a rollout failed is told at its end.
        var step = changed.State is RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking && changed.Message is { } message ? ": " + Readable.Line(message) : "";
        var text = Readable.State(changed.State) + (changed.Release is { } release ? $" v{release}" : "") + step + (changed.By is { } by ? $", by {Readable.Line(by)}" : "");
        _state = changed.State.IsEnded ? null : (text, changed.Time);
        if (changed.State.IsEnded)
        {
            _starting.Clear();
            _jobs.Clear();
        }
        // Two that say nothing to a person are shown only as long as they last.
        return changed.State.IsEnded || changed.State is RolloutState.Queued or RolloutState.Retaining ? [] : [new ToneLine(Tone.Strong, text)];
    }

    List<ToneLine> Take(RolloutEvent.BuildStep step)
    {
        var running = Find(step.Service, step.Step);
        var name = BuildSteps.NameOf(step.Name);
        if (step.State == BuildStepState.Started)
        {
            if (running is null) _steps.Add(new RunningStep(step.Service, step.Step, name, step.Time));
            return [];
        }
        if (running is not null) _steps.Remove(running);
        var time = step.Seconds is { } seconds ? "  " + Readable.Duration(TimeSpan.FromSeconds(seconds)) : "";
        return step.State switch
        {
            BuildStepState.Cached or BuildStepState.Done when BuildSteps.IsInternal(step.Name) => [],
            BuildStepState.Cached => [new ToneLine(Tone.Dim, $"  ✔ {step.Service} {name}", "  cached")],
            BuildStepState.Done => [new ToneLine(Tone.Good, $"  ✔ {step.Service} {name}", time)],
            _ when step.Error == "cancelled" => [new ToneLine(Tone.Dim, $"  · {step.Service} {name}", "  cancelled")],
            // Why, and what it wrote last, is the rollout's error, which is told at the end.
            _ => [new ToneLine(Tone.Bad, $"  ✘ {step.Service} {name}", time)],
        };
    }

    List<ToneLine> Take(RolloutEvent.InstanceChanged changed)
    {
        _starting.RemoveAll(starting => starting.Instance == changed.Instance);
        if (changed.State == "starting")
        {
            _starting.Add((changed.Instance, changed.Time));
            return [];
        }
        var (tone, mark) = changed.State switch { "ready" => (Tone.Good, '✔'), "died" => (Tone.Bad, '✘'), _ => (Tone.Dim, '·') };
        return [new ToneLine(tone, $"  {mark} {changed.Instance} {changed.State}{(changed.Detail is { } detail ? ": " + Readable.Line(detail) : "")}")];
    }

    List<ToneLine> Take(RolloutEvent.JobChanged job)
    {
        var since = _jobs.Find(j => j.Job == (job.Service, job.Number)) is { Name: not null } known ? known.Since : job.Time;
        _jobs.RemoveAll(j => j.Job == (job.Service, job.Number));
        var name = $"{job.Service}: {Readable.Line(job.Run)}";
        if (job.State is "running" or "stopping") _jobs.Add(((job.Service, job.Number), name, since));
        var detail = job.Detail is { } text ? ": " + Readable.Line(text) : "";
        var time = job.Seconds is { } seconds ? "  " + Readable.Duration(TimeSpan.FromSeconds(seconds)) : "";
        return job.State switch
        {
            "running" => [new ToneLine(Tone.Plain, $"  ▸ {name}")],
            "done" => [new ToneLine(Tone.Good, $"  ✔ {name}", time)],
            "failed" or "lost" => [new ToneLine(Tone.Bad, $"  ✘ {name} {job.State}{detail}", time)],
            _ => [new ToneLine(Tone.Warning, $"  · {name} {job.State}{detail}", time)],
        };
    }

    RunningStep? Find(string service, string step) => _steps.Find(running => running.Service == service && running.Step == step);

    static string Elapsed(DateTimeOffset since, DateTimeOffset now) => now > since ? "  " + Readable.Duration(TimeSpan.FromSeconds(Math.Floor((now - since).TotalSeconds * 10) / 10)) : "";

    sealed record RunningStep(string Service, string Step, string Name, DateTimeOffset Since)
    {
        public Queue<string> Output { get; } = [];

        public void Add(string line)
        {
            if (Output.Count == ShownOutput) Output.Dequeue();
            Output.Enqueue(line);
        }
    }
}
