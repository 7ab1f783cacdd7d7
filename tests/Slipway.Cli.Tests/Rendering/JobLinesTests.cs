using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

/// <summary>A release's jobs as people see them, while they run and looking back.</summary>
public class JobLinesTests
{
    static IReadOnlyList<RolloutEvent> Migration { get; } =
    [
        Job(0, "running", "5m at most"),
        new RolloutEvent.JobOutput { Time = At(1), Service = "web", Number = 1, Text = "Applying\t0002\e[31m" },
        Job(3, "done", null, 3.2),
    ];

    [Fact]
    public void Picture_Job_ShowsItWhileItRunsAndItsLinesAndEnd()
    {
        var picture = new RolloutPicture();
        picture.Take(Migration[0]).Select(l => l.Whole).ShouldBe(["  ▸ web: manage.py migrate"]);
        picture.Now(At(2), 0).Select(l => l.Whole).ShouldBe(["  ⠋ web: manage.py migrate  2.0 s"]);
        picture.Take(Migration[1]).Select(l => l.Whole).ShouldBe(["    Applying    0002"]);
        picture.Take(Job(2, "stopping", "its rollout has ended")).Select(l => l.Whole).ShouldBe(["  · web: manage.py migrate stopping: its rollout has ended"]);
        picture.Now(At(3), 0).Select(l => l.Whole).ShouldBe(["  ⠋ web: manage.py migrate  3.0 s"], "its time runs on");
        picture.Take(Migration[2]).Select(l => l.Whole).ShouldBe(["  ✔ web: manage.py migrate  3.2 s"]);
        picture.Now(At(4), 0).ShouldBeEmpty();
        picture.Take(Job(5, "failed", "ended with code 3", 1)).Select(l => l.Whole).ShouldBe(["  ✘ web: manage.py migrate failed: ended with code 3  1.0 s"]);
    }

    [Fact]
    public void Plain_Job_IsALineForEach()
    {
        var output = new StringWriter();
        var view = new PlainRolloutView(output);
        foreach (var happened in Migration.Append(Job(5, "failed", "ended with code 3", 1))) view.Show(happened);
        output.ToString().ReplaceLineEndings("\n").ShouldBe("""
            web before-1 running: manage.py migrate (5m at most)
            web before-1 | Applying    0002
            web before-1 done 3.2 s
            web before-1 failed 1.0 s (ended with code 3)

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void ReleasePage_Jobs_HaveTheirTimesAndEnds()
    {
        JobRun run = new() { Release = 2, Service = "web", Number = 1, Rollout = 7, Job = new JobModel { Run = ["migrate"] }, State = JobState.Ended, ExitCode = 0, Started = At(0), Ended = At(65) };
        var output = new StringWriter();
        ReleasePage.Write(output, new Paint(On: false), new ReleaseReport
        {
            App = AppName.Parse("shop"),
            Release = new ReleaseStatus { Number = 2, Standing = Standing.Live, Slot = Slot.Green, Created = At(0), Changed = ["web"], Images = new Dictionary<string, string>() },
            Rollouts = [],
            Jobs = [run, run with { Number = 2, ExitCode = 137, Stop = JobStop.Timeout, Job = new JobModel { Run = ["seed"], OneWay = false } }, run with { Number = 3, State = JobState.Lost, Ended = null }],
        });
        var text = output.ToString();
        text.ShouldMatch("web before-1 +migrate +yes +1970-01-01 .* 1 min 5 s +code 0");
        text.ShouldMatch("web before-2 +seed +no .* code 137, stopped: it took too long");
        text.ShouldMatch("web before-3 .* lost: whether it finished is not known");
    }

    static DateTimeOffset At(double second) => DateTimeOffset.UnixEpoch.AddSeconds(second);

    static RolloutEvent.JobChanged Job(double at, string state, string? detail, double? seconds = null) =>
        new() { Time = At(at), Service = "web", Number = 1, Run = "manage.py migrate", State = state, Detail = detail, Seconds = seconds };
}
