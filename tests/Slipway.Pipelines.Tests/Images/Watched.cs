using Slipway.Model;

namespace Slipway.Pipelines.Tests.Images;

/// <summary>Keeps what is reported, in order, and can wait for it.</summary>
internal sealed class Watched : IProgress<RolloutEvent>
{
    readonly List<RolloutEvent> _events = [];
    readonly List<(Func<RolloutEvent, bool> Wanted, TaskCompletionSource Seen)> _waiting = [];

    public IReadOnlyList<RolloutEvent> All
    {
        get
        {
            lock (_events) return [.. _events];
        }
    }

    public IEnumerable<string> Output => All.OfType<RolloutEvent.BuildOutput>().Select(o => o.Text);

    public IEnumerable<string> Notes => All.OfType<RolloutEvent.Note>().Select(n => n.Text);

    public IEnumerable<RolloutEvent.Pushed> Pushed => All.OfType<RolloutEvent.Pushed>();

    public void Report(RolloutEvent value)
    {
        lock (_events)
        {
            _events.Add(value);
            foreach (var (wanted, seen) in _waiting)
                if (wanted(value)) seen.TrySetResult();
        }
    }

    /// <summary>Completes when such an event was or is reported.</summary>
    public Task Seen(Func<RolloutEvent, bool> wanted)
    {
        lock (_events)
        {
            if (_events.Any(wanted)) return Task.CompletedTask;
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, seen));
            return seen.Task;
        }
    }
}
