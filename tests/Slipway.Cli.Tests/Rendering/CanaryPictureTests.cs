using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public class CanaryPictureTests
{
    [Fact]
    public void Of_InAStep_ShowsBothReleasesTheStepsAndTheJudge()
    {
        var lines = CanaryPicture.Of(Canaries.Status(), 100).Select(line => line.Whole).ToList();
        lines[0].ShouldBe("shop v42 shifting, step 2 of 4 with 25% of the requests  3 min 20 s left");
        lines[1].ShouldEndWith("REQUESTS    ERRORS         P99");
        lines[2].ShouldBe("  v42      █████░░░░░░░░░░░░░░░     25%        10/s      0.5%      203 ms");
        lines[3].ShouldBe("  v41      ███████████████░░░░░     75%        30/s        0%      150 ms");
        lines[4].ShouldBe("  ✔ 5% 2 min  ● 25% 5 min  ○ approve  ○ 100% bake 10 min");
        lines[5].ShouldStartWith("  judge  fail: p99 742 ms against 203 ms of v41 in the same window (limit 1.2x) (1 failed, 2 of 4 end it)  ");
        lines.Skip(1).Take(3).Select(Width.Of).Distinct().Count().ShouldBe(1, "the columns stand below each other");
    }

    [Fact]
    public void Line_InAStep_SaysTheSameInOne() => CanaryPicture.Line(Canaries.Status().Rollout, Canaries.Status()).ShouldBe(
        "shop v42 shifting, step 2 of 4 with 25% of the requests | v42 10/s, 0.5% errors, p99 203 ms | v41 30/s, 0% errors, p99 150 ms"
        + " | judge: fail: p99 742 ms against 203 ms of v41 in the same window (limit 1.2x) | 3 min 20 s left");

    [Theory]
    [InlineData(CanaryHold.Approval, "waits for an approval (slipway promote)")]
    [InlineData(CanaryHold.Paused, "paused (slipway resume)")]
    [InlineData(CanaryHold.NoData, "holds: no data (slipway promote)")]
    [InlineData(CanaryHold.Frozen, "holds: frozen (slipway apps says why)")]
    public void Line_Holding_SaysWhatItWaitsFor(CanaryHold hold, string expected)
    {
        var status = Canaries.Status();
        status = status with { Rollout = status.Rollout with { State = RolloutState.Holding, Canary = status.Rollout.Canary! with { Hold = hold } }, Left = null };
        CanaryPicture.Line(status.Rollout, status).ShouldEndWith(expected);
    }

    [Theory]
    [InlineData(false, "waits for 2 approvals by release-managers, not of the person who deployed it (slipway promote)")]
    [InlineData(true, "waits for 2 approvals by release-managers, not of the person who deployed it, 1 of 2 given, by alice (slipway promote)")]
    public void Line_WaitingForCertainPeople_SaysForWhomAndWhoHas(bool given, string expected)
    {
        var status = Canaries.Status();
        var canary = status.Rollout.Canary! with { Hold = CanaryHold.Approval, Asks = new ApprovalRule { By = "release-managers", Count = 2, NotAuthor = true }, Approvals = given ? [new Approval("alice", Canaries.Now)] : [] };
        status = status with { Rollout = status.Rollout with { State = RolloutState.Holding, Canary = canary }, Left = null };
        CanaryPicture.Line(status.Rollout, status).ShouldEndWith(expected);
        CanaryPicture.Name(new CanaryStep { Approve = canary.Asks }).ShouldBe("approve by release-managers");
    }

    [Fact]
    public void Key_ChangesWithWhatIsToBeTold()
    {
        var status = Canaries.Status();
        var key = CanaryPicture.Key(status.Rollout, status);
        CanaryPicture.Key(status.Rollout, status with { Left = TimeSpan.FromSeconds(1), Now = null }).ShouldBe(key);
        CanaryPicture.Key(status.Rollout, status with { Windows = [] }).ShouldNotBe(key);
        CanaryPicture.Key(status.Rollout with { Step = 2 }, status).ShouldNotBe(key);
        CanaryPicture.Key(status.Rollout with { State = RolloutState.Holding }, status).ShouldNotBe(key);
    }

    [Fact]
    public void Page_OfARelease_TellsWhoWhenWhatAndWhy()
    {
        var status = Canaries.Status();
        var ended = status.Rollout with
        {
            State = RolloutState.RolledBack,
            Error = "p99 742 ms against 203 ms of v41 in the same window (limit 1.2x), 2 of 4 windows.",
            Changed = Canaries.Now.AddMinutes(5),
        };
        using var output = new StringWriter { NewLine = "\n" };
        ReleasePage.Write(output, new Paint(false), new ReleaseReport
        {
            App = status.Rollout.App,
            Release = new ReleaseStatus
            {
                Number = 42,
                Standing = Standing.Cold,
                Slot = Slot.Green,
                Created = Canaries.Now,
                Changed = ["web"],
                Note = "faster\e[31m lists",
                Images = new Dictionary<string, string> { ["web"] = "shop/web@sha256:0123456789abcdef0123456789abcdef" },
            },
            Rollouts = [ended],
            Policy = status.Policy,
            Windows = [Canaries.NoData(1), Canaries.NoData(2), .. status.Windows, Canaries.NoData(4)],
        });
        var text = output.ToString();
        text.ShouldNotContain('\e');
        text.ShouldContain("rollout 7  deploy over v41, by ada, ");
        text.ShouldContain("ended    rolled back, ");
        text.ShouldContain(", after 5 min 0 s\nwhy      p99 742 ms against 203 ms of v41 in the same window (limit 1.2x), 2 of 4 windows.\n");
        text.ShouldContain("STEP  PLANNED    SHARE  BEGAN");
        text.ShouldContain("1     5% 2 min   5%     ");
        text.ShouldContain("2 min 0 s  promoted by ada\n");
        text.ShouldContain("WINDOW  UNTIL     SHARE  v42  ERRORS  P99     v41   ERRORS  P99     VERDICT\n1-2     ");
        text.ShouldContain("\n4       ");
        text.ShouldContain("25%    600  0.5%    203 ms  1800  0%      150 ms  fail: p99 742 ms");
    }
}

static class Canaries
{
    public static CanaryWindow NoData(int number) => Status().Windows[0] with { Number = number, Verdict = JudgeVerdict.NoData, Reason = "3 requests", New = new CanaryArm { Release = 42, Requests = 3 } };

    public static DateTimeOffset Now { get; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>v42 of shop beside v41: at the second of four steps, with one window that failed.</summary>
    public static CanaryStatus Status()
    {
        var window = new CanaryWindow
        {
            Number = 3,
            From = Now,
            To = Now.AddSeconds(60),
            Step = 1,
            Weight = 2500,
            Verdict = JudgeVerdict.Fail,
            Reason = "p99 742 ms against 203 ms of v41 in the same window (limit 1.2x)",
            New = new CanaryArm { Release = 42, Requests = 600, Errors = 3, P99 = 203 },
            Stable = new CanaryArm { Release = 41, Requests = 1800, P99 = 150 },
        };
        return new CanaryStatus
        {
            Rollout = new Rollout
            {
                Id = 7,
                App = AppName.Parse("shop"),
                Kind = RolloutKind.Deploy,
                State = RolloutState.Shifting,
                Release = 42,
                From = 41,
                Step = 1,
                By = "ada",
                Created = Now,
                Changed = Now,
                Canary = new CanaryProgress
                {
                    Weight = 2500,
                    Settled = Now,
                    Since = Now,
                    History = [new CanaryStepRecord(0, 500, Now, Now.AddMinutes(2), "promoted", "ada"), new CanaryStepRecord(1, 2500, Now.AddMinutes(2))],
                },
            },
            Policy = new CanaryPolicy
            {
                Steps =
                [
                    new CanaryStep { Weight = 500, Lasts = TimeSpan.FromMinutes(2) }, new CanaryStep { Weight = 2500, Lasts = TimeSpan.FromMinutes(5) },
                    new CanaryStep(), new CanaryStep { Weight = 10000, Lasts = TimeSpan.FromMinutes(10) },
                ],
            },
            Left = TimeSpan.FromSeconds(200),
            Windows = [window],
            Now = window,
        };
    }
}
