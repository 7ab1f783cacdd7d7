using Slipway.Model;
using Slipway.Pipelines.Images.Traces;

namespace Slipway.Pipelines.Tests.Images.Traces;

/// <summary>Over what a Docker Engine 20.10 really sent (Data/*.trace: one base64 message on a line).</summary>
public sealed class BuildTraceTests
{
    [Fact]
    public void Trace_GoodBuild_ReportsEachStepOnceAndWholeLines()
    {
        var events = Read("good", out var failure);

        failure.ShouldBeNull();
        var steps = events.OfType<RolloutEvent.BuildStep>().ToList();
        var run = steps.Where(s => s.Name.StartsWith("[3/4] RUN", StringComparison.Ordinal)).ToList();
        run.Select(s => s.State).ShouldBe([BuildStepState.Started, BuildStepState.Done]);
        run[1].Seconds.ShouldNotBeNull().ShouldBeGreaterThan(0.3);
        run[0].Step.ShouldBe(run[1].Step);
        Lines(events, run[0].Step).ShouldBe(["first line", "second half", "100%", "no end"]);
        Lines(events, steps.Last(s => s.Name.StartsWith("[4/4] RUN", StringComparison.Ordinal)).Step).ShouldBe(["grüße 你好"]);
        steps.GroupBy(s => (s.Step, s.State)).ShouldAllBe(g => g.Count() == 1);
        steps.GroupBy(s => s.Step).ShouldAllBe(g => g.Count(s => s.State != BuildStepState.Started) == 1);
    }

    [Fact]
    public void Trace_CachedBuild_ReportsCachedStepsWithoutABegin()
    {
        var events = Read("cached", out _);

        var run = events.OfType<RolloutEvent.BuildStep>().Where(s => s.Name.StartsWith("[3/4] RUN", StringComparison.Ordinal));
        run.ShouldHaveSingleItem().State.ShouldBe(BuildStepState.Cached);
    }

    [Fact]
    public void Trace_FailingStep_KeepsItsNameAndOutput()
    {
        var events = Read("failing", out var failure);

        failure.ShouldNotBeNull();
        failure.Name.ShouldStartWith("[2/2] RUN echo hello");
        failure.Error.ShouldEndWith("exit code: 3");
        failure.LastLines.ShouldBe(["hello", "world"], ignoreOrder: true);
        events.OfType<RolloutEvent.BuildStep>().Last().ShouldSatisfyAllConditions(
            s => s.State.ShouldBe(BuildStepState.Failed), s => s.Error.ShouldNotBeNull().ShouldEndWith("exit code 3"));
    }

    [Fact]
    public void Trace_OneOfTwoStagesFails_BlamesItAndNotTheCancelledOne()
    {
        var events = Read("parallel", out var failure);

        failure.ShouldNotBeNull().Name.ShouldStartWith("[a 2/2] RUN");
        failure.LastLines.Count.ShouldBe(40);
        failure.LastLines[^1].ShouldBe("a 40");
        events.OfType<RolloutEvent.BuildStep>().Single(s => s.Name.StartsWith("[b 3/3] RUN", StringComparison.Ordinal) && s.State == BuildStepState.Failed)
            .Error.ShouldBe("cancelled");
    }

    [Fact]
    public void Lines_CutAnywhere_AreWhole()
    {
        var assembler = new LineAssembler();
        var bytes = "grüße\r\n你好\n1%\r2%\nrest"u8.ToArray();

        var lines = bytes.SelectMany(b => assembler.Add(new[] { b }).ToList()).ToList();

        lines.ShouldBe(["grüße", "你好", "2%"]);
        assembler.Flush().ShouldBe("rest");
        assembler.Flush().ShouldBeNull();
    }

    [Fact]
    public void Lines_WithoutEnd_AreCutAtTheirLimit()
    {
        var assembler = new LineAssembler();

        var lines = assembler.Add(new byte[LineAssembler.MaxLine * 2 + 5]).ToList();

        lines.Select(l => l.Length).ShouldBe([LineAssembler.MaxLine, LineAssembler.MaxLine]);
        assembler.Flush().ShouldNotBeNull().Length.ShouldBe(5);
    }

    static List<RolloutEvent> Read(string name, out FailedStep? failure)
    {
        var trace = new BuildTrace("web", TimeProvider.System);
        var data = Path.Combine(AppContext.BaseDirectory, "Images", "Traces", "Data", name + ".trace");
        var events = File.ReadLines(data).SelectMany(line => trace.Read(Convert.FromBase64String(line)).ToList()).ToList();
        failure = trace.Failure;
        return events;
    }

    static IEnumerable<string> Lines(IEnumerable<RolloutEvent> events, string step) =>
        events.OfType<RolloutEvent.BuildOutput>().Where(o => o.Step == step).Select(o => o.Text);
}
