using System.Globalization;
using Slipway.Cli.Following;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>
/// A rollout as lines that are only ever added, for files, pipes and NO_COLOR. Build steps run side by side, so that each line names its step:
/// <code>
/// == building
/// web #1 [2/4] RUN apt-get install
/// web #1 | Reading package lists...
/// web #1 done 3.2 s
/// web pushed guestbook/web@sha256:0123456789ab
/// </code>
/// </summary>
sealed class PlainRolloutView(TextWriter output) : IRolloutView
{
    readonly Dictionary<(string Service, string Step), int> _numbers = [];

    public void Show(RolloutEvent happened)
    {
        if (happened is RolloutEvent.BuildStep { State: not BuildStepState.Failed } step && BuildSteps.IsInternal(step.Name)) return;
        Say(TextOf(happened));
    }

    public void Say(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    string TextOf(RolloutEvent happened) => happened switch
    {
        RolloutEvent.StateChanged changed => $"== {Readable.State(changed.State)}{(changed.Release is { } release ? $" v{release}" : "")}{(changed is { State.IsEnded: false, Message: { } message } ? ": " + FirstLine(message) : "")}{(changed.By is { } by ? $", by {Readable.Line(by)}" : "")}",
        RolloutEvent.Note note => note.Severity switch
        {
            Severity.Error => "error: " + Readable.Line(note.Text),
            Severity.Warning => "warning: " + Readable.Line(note.Text),
            _ => Readable.Line(note.Text),
        },
        RolloutEvent.BuildStep step => $"{step.Service} #{NumberOf(step.Service, step.Step)} {StepText(step)}",
        RolloutEvent.BuildOutput line => $"{line.Service} #{NumberOf(line.Service, line.Step)} | {Readable.Line(line.Text)}",
        RolloutEvent.Pushed pushed => $"{pushed.Service} pushed {Readable.ShortImage(pushed.Image)}",
        RolloutEvent.InstanceChanged instance => $"{instance.Instance} {instance.State}{(instance.Detail is { } detail ? ": " + Readable.Line(detail) : "")}",
        RolloutEvent.JobChanged job => $"{job.Service} before-{job.Number} {job.State}{(job.Seconds is { } seconds ? $" {Readable.Duration(TimeSpan.FromSeconds(seconds))}" : "")}{(job.State == "running" ? $": {Readable.Line(job.Run)}" : "")}{(job.Detail is { } detail ? $" ({Readable.Line(detail)})" : "")}",
        RolloutEvent.JobOutput line => $"{line.Service} before-{line.Number} | {Readable.Line(line.Text)}",
        _ => happened.ToString(),
    };

    static string StepText(RolloutEvent.BuildStep step)
    {
        var time = step.Seconds is { } seconds ? " " + Readable.Duration(TimeSpan.FromSeconds(seconds)) : "";
        return step.State switch
        {
            BuildStepState.Started => Readable.Line(step.Name),
            BuildStepState.Cached => $"{Readable.Line(step.Name)} (cached)",
            BuildStepState.Done => "done" + time,
            _ when step.Error == "cancelled" => "cancelled",
            _ => $"failed{time}: {Readable.Line(step.Name)}{(step.Error is { } error ? ": " + FirstLine(error) : "")}",
        };
    }

    static string FirstLine(string text) => Readable.Line(text.Split('\n', 2)[0]);

    string NumberOf(string service, string step)
    {
        if (!_numbers.TryGetValue((service, step), out var number)) _numbers.Add((service, step), number = _numbers.Keys.Count(key => key.Service == service) + 1);
        return number.ToString(CultureInfo.InvariantCulture);
    }
}
