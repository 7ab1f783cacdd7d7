using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Diffing;

namespace Slipway.Releases.Jobs;

/// <summary>
/// Brings what jobs write into the journal of their rollout, where it stays when their containers are gone. It goes on behind the last line that is
/// there, so that a new server writes nothing twice. For one app's loop; not thread-safe.
/// </summary>
sealed class JobLog(IEngine engine, RolloutJournal journal, TimeProvider time)
{
    /// <summary>Of one job. What goes beyond is left out but for the last lines, which say how it ended.</summary>
    const int MostLines = 2000, MostCharacters = 512 * 1024, LongestLine = 4096, LastLines = 20;

    readonly Dictionary<string, Place> _places = [];

    /// <summary>What was written since the last time.</summary>
    public async Task Read(Instance instance, JobRun run, IReadOnlyList<string> secrets, CancellationToken cancel)
    {
        var place = await PlaceOf(instance, run, cancel);
        if (place.IsFull) return;
        try
        {
            await foreach (var line in engine.Logs(instance, new LogQuery { Since = place.Since }, cancel))
            {
                Write(run, place, line, secrets);
                if (place.Lines < MostLines && place.Characters < MostCharacters) continue;
                place.IsFull = true;
                journal.Append(run.Rollout, new RolloutEvent.Note { Time = line.Time, Text = $"{JobWords.Name(run.Service, run.Job)} writes more than is kept here; its last lines come at its end" });
                return;
            }
        }
        catch (EngineException refused)
        {
            // With a log driver that keeps nothing there is nothing to read; how the job ends is worth more than what it says.
            place.IsFull = place.IsMute = true;
            journal.Append(run.Rollout, new RolloutEvent.Note { Time = time.GetUtcNow(), Severity = Severity.Warning, Text = $"What {JobWords.Name(run.Service, run.Job)} writes can't be read: {refused.Message}" });
        }
    }

    /// <summary>The rest, when it has ended.</summary>
    public async Task Finish(Instance instance, JobRun run, IReadOnlyList<string> secrets, CancellationToken cancel)
    {
        await Read(instance, run, secrets, cancel);
        if (_places.Remove(instance.Id, out var place) && place is { IsFull: true, IsMute: false })
            await foreach (var line in engine.Logs(instance, new LogQuery { Since = place.Since, Tail = LastLines }, cancel)) Write(run, place, line, secrets);
    }

    /// <summary>Values of variables that are named like secrets: a job that prints them is no reason to keep them.</summary>
    public static IReadOnlyList<string> SecretsOf(ContainerSpec container) =>
        [.. container.Environment.Where(v => Secrecy.IsName(v.Key) && v.Value.Length >= 6).Select(v => v.Value).OrderByDescending(v => v.Length)];

    public static string Masked(string text, IReadOnlyList<string> secrets)
    {
        foreach (var secret in secrets) text = text.Replace(secret, Secrecy.Mask, StringComparison.Ordinal);
        return text;
    }

    void Write(JobRun run, Place place, LogLine line, IReadOnlyList<string> secrets)
    {
        var text = Masked(line.Text, secrets);
        if (text.Length > LongestLine) text = text[..LongestLine] + "…";
        journal.Append(run.Rollout, new RolloutEvent.JobOutput { Time = line.Time, Service = run.Service, Number = run.Number, Stream = line.Stream, Text = text });
        place.Lines++;
        place.Characters += text.Length;
        if (place.Since is null || line.Time >= place.Since) place.Since = line.Time.AddTicks(1);
    }

    /// <summary>Where a predecessor came to is in the journal.</summary>
    async Task<Place> PlaceOf(Instance instance, JobRun run, CancellationToken cancel)
    {
        if (_places.TryGetValue(instance.Id, out var known)) return known;
        var place = new Place();
        await foreach (var (_, happened) in journal.Read(run.Rollout, 0, follow: false, cancel))
            if (happened is RolloutEvent.JobOutput line && line.Service == run.Service && line.Number == run.Number)
            {
                place.Lines++;
                place.Characters += line.Text.Length;
                if (place.Since is null || line.Time >= place.Since) place.Since = line.Time.AddTicks(1);
            }
        place.IsFull = place.Lines >= MostLines || place.Characters >= MostCharacters;
        return _places[instance.Id] = place;
    }

    sealed class Place
    {
        public DateTimeOffset? Since { get; set; }
        public int Lines { get; set; }
        public int Characters { get; set; }
        public bool IsFull { get; set; }
        public bool IsMute { get; set; }
    }
}
