using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public class PlainRolloutViewTests
{
    static string Shown(IReadOnlyList<RolloutEvent> events)
    {
        var output = new StringWriter();
        var view = new PlainRolloutView(output);
        foreach (var happened in events) view.Show(happened);
        return output.ToString().ReplaceLineEndings("\n");
    }

    [Fact]
    public void Show_WholeDeploy_IsReadableLineByLine() => Shown(RolloutEvents.Deploy).ShouldBe("""
        == building
        debian:bookworm-slim is on the engine
        web #1 [1/2] FROM debian:bookworm-slim (cached)
        web #2 [2/2] RUN make
        web #2 | cc -O2    main.c
        web #2 | 100%
        web #2 done 3.2 s
        web pushed shop/web@sha256:0123456789ab
        == staging v2
        shop.web.v2.1 starting
        shop.web.v2.1 ready
        warning: redis is carried over
        == done v2

        """.ReplaceLineEndings("\n"));

    [Fact]
    public void Show_FailingBuild_NamesTheStepAndKeepsItsOutput() => Shown(RolloutEvents.FailingBuild).ShouldBe("""
        == building
        web #1 [1/1] RUN false
        web #1 | about to fail
        web #1 failed 200 ms: [1/1] RUN false: exit code 1
        == failed

        """.ReplaceLineEndings("\n"));

    [Fact]
    public void Show_BuildersOwnSteps_AreLeftOut() => Shown(RolloutEvents.InternalStep).ShouldBe("== building\n");
}
