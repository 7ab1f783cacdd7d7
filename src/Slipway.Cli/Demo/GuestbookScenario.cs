using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.Cli.Api;
using Slipway.Cli.Following;
using Slipway.Model;

namespace Slipway.Cli.Demo;

/// <summary>
/// The story that Slipway was made for, under load from the first to the last moment: v1 is live on blue; v2 is deployed to green, unseen; all
/// traffic goes to v2; v2 turns out to have a bug; back to v1 at once; v3, with the mend, goes to green and is promoted.
/// Talks to the server as the CLI does and to the app as its visitors do.
/// </summary>
/// <param name="app">The name under which the sample is deployed.</param>
/// <param name="folder">Where the sample's files are laid down.</param>
/// <param name="say">Takes each line of the story.</param>
sealed class GuestbookScenario(ApiClient api, AppName app, string folder, Action<string> say)
{
    /// <summary>Requests for which each version is looked at before the story goes on.</summary>
    const int Look = 600;

    public const string Note = "slipway demo";

    readonly List<string> _problems = [];
    readonly List<Switch> _switches = [];

    /// <exception cref="CommandFailedException">A deploy failed, so that the story can't go on; says why.</exception>
    public async Task<DemoReport> Run(CancellationToken cancel)
    {
        GuestbookFiles.Write(folder);

        say("v1: build, ship, run. The first time this waits for Debian packages; later the engine's cache has them.");
        await Deploy(cancel);
        var status = await api.App(app, cancel);
        var site = new Uri(status.Urls[0]);
        say($"v1 is live on {SlotOf(status, status.Live)}: {site}");

        await using var load = new Load(site);
        using var visitor = Load.LoopbackHttp(4);
        load.Start("v1 live");
        say($"{Load.Connections} connections of load begin.");
        await load.Until(Look, cancel);

        await Stage(load, visitor, 2, cancel);
        await Move(load, "promote to v2", old: "1", () => api.Promote(app, cancel), cancel);
        await LookAt(load, "v2 live", "2", cancel);

        var wrong = (await visitor.GetStringAsync(new Uri(site, "/stats"), cancel)).Trim();
        say($"v2 has a bug. GET /stats says: \"{wrong}\"");
        Expect(wrong.EndsWith(" by 0 people", StringComparison.Ordinal), $"v2's /stats should show the bug, but says \"{wrong}\"");

        await Move(load, "rollback to v1", old: "2", () => api.Rollback(app, null, cancel), cancel);
        await LookAt(load, "v1 live again", "1", cancel);

        await Stage(load, visitor, 3, cancel);
        await Move(load, "promote to v3", old: "1", () => api.Promote(app, cancel), cancel);
        await LookAt(load, "v3 live", "3", cancel);

        var right = (await visitor.GetStringAsync(new Uri(site, "/stats"), cancel)).Trim();
        say($"GET /stats says: \"{right}\"");
        Expect(!right.EndsWith(" by 0 people", StringComparison.Ordinal), $"v3's /stats should be mended, but says \"{right}\"");

        await load.Stop();
        var lost = await Lost(visitor, site, load.Acknowledged, cancel);
        Expect(lost == 0, $"{lost} of {load.Acknowledged.Count} acknowledged entries are gone");
        var failed = load.Phases.Sum(phase => phase.Failed);
        Expect(failed == 0, $"{failed} requests failed");
        return new DemoReport { Phases = load.Phases, Switches = _switches, Entries = load.Acknowledged.Count, EntriesLost = lost, Problems = _problems };
    }

    /// <summary>Deploys the next version beside the live one, and looks at it where only we can see it.</summary>
    async Task Stage(Load load, HttpClient visitor, int version, CancellationToken cancel)
    {
        var phase = load.Begin($"v{version} staged");
        var live = phase.Versions;
        say($"v{version}: build, ship, run beside the live version.");
        GuestbookFiles.Become(folder, version);
        await Deploy(cancel);

        var status = await api.App(app, cancel);
        var preview = new Uri(status.PreviewUrls[0]);
        using var seen = await visitor.GetAsync(new Uri(preview, "/up"), cancel);
        var answered = seen.Headers.TryGetValues("X-Guestbook-Version", out var values) ? values.First() : "nobody";
        say($"v{version} is ready on {SlotOf(status, status.Rollout?.Release)}, unseen by the load; preview: {preview}");
        Expect(answered == $"{version}", $"at the preview host v{version} should answer, but v{answered} did");
        await load.Until(Look, cancel);
        Expect(!live.ContainsKey($"{version}"), $"v{version} answered visitors before it was promoted");
    }

    async Task Move(Load load, string name, string old, Func<Task<Rollout>> command, CancellationToken cancel)
    {
        // A promote goes on with the rollout that was staged: what it had said by then is not new.
        var before = (await api.App(app, cancel)).Rollout;
        var seen = before is { State.IsEnded: false } ? await RolloutWatch.CountEvents(api, before.Id, cancel) : 0;
        load.Begin(name);
        var begun = Stopwatch.GetTimestamp();
        var rollout = await command();
        await Follow(rollout, rollout.Id == before?.Id ? seen : 0, cancel);
        var total = Stopwatch.GetElapsedTime(begun);
        var last = load.LastAnswerOf(old, begun) ?? TimeSpan.Zero;
        _switches.Add(new Switch(name, last, total));
        say(string.Create(CultureInfo.InvariantCulture, $"{name}: done in {total.TotalMilliseconds:0} ms."));
    }

    async Task LookAt(Load load, string name, string version, CancellationToken cancel)
    {
        var phase = load.Begin(name);
        await load.Until(Look, cancel);
        var others = phase.Versions.Keys.Where(answered => answered != version).ToList();
        Expect(others.Count == 0, $"{name}: v{string.Join(", v", others)} answered requests that began after the switch");
    }

    async Task Deploy(CancellationToken cancel) =>
        await Follow(await api.Deploy(app, new DeploySource { Directory = folder, Note = Note }, autoPromote: false, cancel), 0, cancel);

    /// <summary>Tells what happens in a rollout until it has ended or waits for a person.</summary>
    async Task Follow(Rollout rollout, long from, CancellationToken cancel)
    {
        await foreach (var entry in api.Events(rollout.Id, from, follow: true, cancel))
        {
            switch (entry.Event)
            {
                case RolloutEvent.Note note:
                    say("  " + note.Text);
                    break;
                case RolloutEvent.BuildStep { State: BuildStepState.Started } step when step.Name.Contains("] RUN ", StringComparison.Ordinal):
                    say($"  {step.Service} {step.Name}");
                    break;
                case RolloutEvent.StateChanged { State: RolloutState.Holding or RolloutState.Done }:
                    return;
                case RolloutEvent.StateChanged { State.IsEnded: true } ended:
                    var message = ended.Message ?? (await api.Rollout(rollout.Id, cancel)).Error;
                    throw new CommandFailedException($"The {rollout.Kind} of {app} ended {ended.State}: {message}");
            }
        }
    }

    static async Task<int> Lost(HttpClient visitor, Uri site, ICollection<string> acknowledged, CancellationToken cancel)
    {
        var answer = JsonNode.Parse(await visitor.GetStringAsync(new Uri(site, "/api/entries?all=1"), cancel))!;
        var there = answer["entries"]!.AsArray().Select(entry => entry!["text"]!.GetValue<string>()).ToHashSet();
        return acknowledged.Count(text => !there.Contains(text));
    }

    static string SlotOf(AppStatus app, int? release) => app.Slots.FirstOrDefault(slot => slot.Value == release).Key ?? "no slot";

    void Expect(bool holds, string otherwise)
    {
        if (!holds) _problems.Add(otherwise);
    }
}
