using System.Text;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>The message of a failed rollout: what happened, and what the instance wrote last.</summary>
static class FailureReport
{
    const int Lines = 20;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<string> Write(IEngine engine, Step.Fail failure, CancellationToken cancel)
    {
        var text = new StringBuilder(failure.Reason).Append('.');
        if (failure.Instance is not { } instance) return text.ToString();
        var lines = await LastLines(engine, instance, cancel);
        text.Append(lines.Count == 0 ? " It wrote nothing." : " Its last lines:");
        foreach (var line in lines) text.Append("\n  ").Append(line.Text);
        return text.ToString();
    }

    static async Task<List<LogLine>> LastLines(IEngine engine, Instance instance, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var lines = new List<LogLine>();
        try
        {
            await foreach (var line in engine.Logs(instance, new LogQuery { Tail = Lines }, limit.Token)) lines.Add(line);
        }
        catch (Exception error) when (error is EngineException or EngineUnavailableException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The failure is worth more than its log: what was read is what is shown.
        }
        return lines;
    }
}
