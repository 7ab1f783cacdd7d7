using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public class ExperimentPictureTests
{
    [Fact]
    public void Of_UnderWay_ShowsBothReleasesAndTheGoals()
    {
        var lines = CanaryPicture.Of(Status(), 100).Select(line => line.Whole).ToList();
        lines.ShouldBe(
        [
            "shop v42 experiment, 50% of the users  3 days left",
            "              REQUESTS    ERRORS         P50         P95         P99",
            "  v42           18,041      0.2%       21 ms       60 ms      203 ms",
            "  v41           17,990      0.1%       20 ms       58 ms      150 ms",
            "  GOAL                   v42       v41  DIFFERENCE (95%)",
            "  /thanks              4.92%      4.1%  +0.82pp (+0.39 to +1.25): better",
            "  付款                    1%      1.2%  -0.2pp (-0.45 to +0.05): not known",
        ]);
    }

    [Fact]
    public void Line_Over_SaysWhatToDo()
    {
        var status = Status();
        status = status with { Left = null, Rollout = status.Rollout with { State = RolloutState.Holding, Canary = status.Rollout.Canary! with { Hold = CanaryHold.Ended } } };
        CanaryPicture.Line(status.Rollout, status).ShouldBe(
            "shop v42 experiment, 50% of the users | v42 18,041 requests, 0.2% errors, p99 203 ms | v41 17,990 requests, 0.1% errors, p99 150 ms"
            + " | /thanks +0.82pp (+0.39 to +1.25): better | 付款 -0.2pp (-0.45 to +0.05): not known | is over (slipway promote, slipway abort)");
    }

    [Fact]
    public void Key_AsTheCountsGrow_StaysTheSame()
    {
        var status = Status();
        var key = CanaryPicture.Key(status.Rollout, status);
        CanaryPicture.Key(status.Rollout, status with { Left = TimeSpan.Zero, Experiment = null }).ShouldBe(key);
        CanaryPicture.Key(status.Rollout with { State = RolloutState.Holding }, status).ShouldNotBe(key);
    }

    [Fact]
    public void ByMatchAlone_SaysSo()
    {
        var status = Status();
        status = status with { Policy = status.Policy with { Steps = [new CanaryStep { Weight = 0 }] }, Left = null };
        CanaryPicture.Of(status, 100)[0].Whole.ShouldBe("shop v42 experiment, matched requests");
    }

    [Fact]
    public void Page_OfARelease_HasTheResults()
    {
        var status = Status();
        using var output = new StringWriter { NewLine = "\n" };
        ReleasePage.Write(output, new Paint(false), new ReleaseReport
        {
            App = status.Rollout.App,
            Release = new ReleaseStatus { Number = 42, Standing = Standing.Live, Slot = Slot.Blue, Created = Now, Images = new Dictionary<string, string>(), Changed = ["web"] },
            Rollouts = [status.Rollout],
            Policy = status.Policy,
            Experiment = status.Experiment,
        });
        output.ToString().ShouldContain("experiment  2026-");
        output.ToString().ShouldContain("  /thanks              4.92%      4.1%  +0.82pp (+0.39 to +1.25): better\n");
    }

    static DateTimeOffset Now { get; } = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    static CanaryStatus Status() => new()
    {
        Rollout = new Rollout
        {
            Id = 7,
            App = AppName.Parse("shop"),
            Kind = RolloutKind.Deploy,
            State = RolloutState.Shifting,
            Release = 42,
            From = 41,
            Created = Now,
            Changed = Now,
            Canary = new CanaryProgress { Weight = 5000, Settled = Now, Since = Now },
        },
        Policy = new CanaryPolicy { Steps = [new CanaryStep { Weight = 5000 }], Ab = new AbPolicy { For = TimeSpan.FromDays(14) } },
        Left = TimeSpan.FromDays(3),
        Experiment = new Experiment
        {
            Began = Now,
            Through = Now.AddHours(1),
            New = new ExperimentArm { Release = 42, Requests = 18_041, Errors = 36, P50 = 21, P95 = 60, P99 = 203 },
            Stable = new ExperimentArm { Release = 41, Requests = 17_990, Errors = 18, P50 = 20, P95 = 58, P99 = 150 },
            Goals =
            [
                new GoalResult { Name = "/thanks", NewRate = 0.0492, StableRate = 0.041, Difference = 0.0082, Low = 0.0039, High = 0.0125, Verdict = "better" },
                new GoalResult { Name = "付款", NewRate = 0.01, StableRate = 0.012, Difference = -0.002, Low = -0.0045, High = 0.0005 },
            ],
        },
    };
}
