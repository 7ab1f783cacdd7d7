using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public sealed class CopiesPictureTests
{
    static readonly CanaryStep Copies = new() { Mirror = new CanaryMirror { Share = 500 }, Lasts = TimeSpan.FromMinutes(2) };

    [Fact]
    public void Of_AStepOfCopies_SaysThatTheOldReleaseAnswersAllRequests()
    {
        var lines = CanaryPicture.Of(Status(), 100).Select(line => line.Whole).ToList();
        lines[0].ShouldStartWith("shop v42 shifting, step 1 of 3 with copies of 5% of the requests");
        lines[2].ShouldContain("     5%");
        lines[3].ShouldStartWith("  v41      ████████████████████    100%");
        lines[4].ShouldBe("  ● copies 5% 2 min  ○ 25% 5 min  ○ 100% bake 10 min");
        lines[5].ShouldContain("(7 copies dropped)");
        CanaryPicture.Line(Status().Rollout, Status()).ShouldStartWith("shop v42 shifting, step 1 of 3 with copies of 5% of the requests | ");
    }

    [Fact]
    public void Page_OfARelease_TellsCopiesFromShares()
    {
        var status = Status();
        var report = new ReleaseReport
        {
            App = status.Rollout.App,
            Release = new ReleaseStatus { Number = 42, Standing = Standing.Staged, Slot = Slot.Green, Created = Canaries.Now, Changed = ["web"], Images = new Dictionary<string, string>() },
            Rollouts = [status.Rollout],
            Policy = status.Policy,
            Windows = status.Windows,
        };
        using var output = new StringWriter();
        ReleasePage.Write(output, new Paint(false), report);
        output.ToString().ShouldContain("copies of 5%");
        output.ToString().ShouldContain("copies 5% 2 min");
    }

    static CanaryStatus Status()
    {
        var status = Canaries.Status();
        var progress = status.Rollout.Canary! with { Weight = 0, Mirror = 500, History = [new CanaryStepRecord(0, 0, Canaries.Now, Mirror: 500)] };
        return status with
        {
            Rollout = status.Rollout with { Step = 0, Canary = progress },
            Policy = status.Policy with { Steps = [Copies, .. CanaryPolicy.DefaultSteps.Skip(1).Where(step => step.Weight is 2500 or 10000)] },
            Windows = [.. status.Windows.Select(window => window with { Weight = 0, Mirror = 500, Dropped = 7 })],
        };
    }
}
