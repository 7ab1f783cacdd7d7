using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public class RolloutPictureTests
{
    [Fact]
    public void Now_StepRuns_ShowsItWithItsLastLinesAndTime()
    {
        var picture = new RolloutPicture();
        foreach (var happened in RolloutEvents.Deploy.Take(6)) picture.Take(happened);
        picture.Now(DateTimeOffset.UnixEpoch.AddSeconds(2.25), 0).Select(line => line.Whole)
            .ShouldBe(["  ⠋ web [2/2] RUN make  2.0 s", "      cc -O2    main.c", "      100%"]);
    }

    [Fact]
    public void Take_WholeDeploy_LeavesWhatIsFinished()
    {
        var picture = new RolloutPicture();
        RolloutEvents.Deploy.SelectMany(picture.Take).Select(line => line.Whole).ShouldBe(
        [
            "building",
            "  debian:bookworm-slim is on the engine",
            "  ✔ web [1/2] FROM debian:bookworm-slim  cached",
            "  ✔ web [2/2] RUN make  3.2 s",
            "  ✔ web pushed shop/web@sha256:0123456789ab",
            "staging v2",
            "  ✔ shop.web.v2.1 ready",
            "  redis is carried over",
        ]);
        picture.Now(DateTimeOffset.UnixEpoch, 0).ShouldBeEmpty();
    }

    [Fact]
    public void Take_StepOfACanary_SaysWhich() =>
        new RolloutPicture().Take(new RolloutEvent.StateChanged { Time = DateTimeOffset.UnixEpoch, State = RolloutState.Shifting, Release = 2, Message = "step 1 of 4: 5% of the requests, for 2 min" })
            .ShouldHaveSingleItem().Whole.ShouldBe("shifting v2: step 1 of 4: 5% of the requests, for 2 min");

    [Fact]
    public void Take_StepFails_SaysWhichAndLeavesTheReasonToTheEnd()
    {
        var picture = new RolloutPicture();
        RolloutEvents.FailingBuild.SelectMany(picture.Take).Select(line => line.Whole)
            .ShouldBe(["building", "  ✘ web [1/1] RUN false  200 ms"]);
    }

    [Fact]
    public void Take_BuildersOwnSteps_AreShownOnlyWhileTheyLast()
    {
        var picture = new RolloutPicture();
        RolloutEvents.InternalStep.Take(2).SelectMany(picture.Take).Select(line => line.Whole).ShouldBe(["building"]);
        picture.Now(DateTimeOffset.UnixEpoch, 0).Select(line => line.Whole).ShouldBe(["  ⠋ web taking over the folder"]);
        RolloutEvents.InternalStep.Skip(2).SelectMany(picture.Take).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(RolloutState.Queued, "queued")]
    [InlineData(RolloutState.Retaining, "retaining v2")]
    public void Take_StateThatSaysNothing_IsShownOnlyWhileItLasts(RolloutState state, string text)
    {
        var picture = new RolloutPicture();
        picture.Take(new RolloutEvent.StateChanged { Time = DateTimeOffset.UnixEpoch, State = state, Release = state == RolloutState.Queued ? null : 2 }).ShouldBeEmpty();
        picture.Now(DateTimeOffset.UnixEpoch, 0).Single().Whole.ShouldBe("  ⠋ " + text);
    }
}
