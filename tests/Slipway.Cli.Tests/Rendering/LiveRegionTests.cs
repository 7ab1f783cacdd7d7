using Slipway.Cli.Rendering;

namespace Slipway.Cli.Tests.Rendering;

public class LiveRegionTests
{
    const string Long = "  web RUN make everything that has to be made";

    static ToneLine Line(string text, string tail = "") => new(Tone.Dim, text, tail);

    [Fact]
    public void Draw_ManyFrames_LeavesTheFinishedLinesAlone()
    {
        using var screen = new Screen(20, 6);
        var region = new LiveRegion(screen, () => (20, 6));
        for (var i = 0; i < 12; i++)
        {
            region.Draw(i % 3 == 0 ? [Line($"done {i} with more than a row")] : [], [.. Enumerable.Range(0, i % 5).Select(n => Line($"{Long} {n}", $"  {i}.0 s"))]);
        }
        region.Draw([Line("end")], []);
        screen.Text.ShouldBe("""
            done 0 with more tha
            n a row
            done 3 with more tha
            n a row
            done 6 with more tha
            n a row
            done 9 with more tha
            n a row
            end
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Draw_MoreLinesThanRows_ShowsThoseThatCanBeDrawnOver()
    {
        using var screen = new Screen(30, 4);
        var region = new LiveRegion(screen, () => (30, 4));
        for (var i = 0; i < 3; i++) region.Draw([], [Line("one"), Line("two"), Line("three"), Line("four")]);
        screen.Text.ShouldBe("one\ntwo");
    }

    [Fact]
    public void Draw_NarrowTerminal_KeepsTheTimes()
    {
        using var screen = new Screen(24, 6);
        var region = new LiveRegion(screen, () => (24, 6));
        region.Draw([Line(Long, "  3.2 s")], [Line(Long, "  0.5 s")]);
        screen.Text.ShouldBe("  web RUN make …  3.2 s\n  web RUN make …  0.5 s");
    }

    [Fact]
    public void Draw_TerminalMadeNarrower_TakesBackWhatWasFolded()
    {
        var columns = 40;
        var output = new StringWriter();
        var region = new LiveRegion(output, () => (columns, 20));
        region.Draw([], [Line(new string('x', 39))]);
        columns = 10;
        output.GetStringBuilder().Clear();
        region.Draw([], []);
        output.ToString().ShouldBe("\r\e[4A\e[2K\e[B\e[2K\e[B\e[2K\e[B\e[2K\e[B\e[2K\e[4A");
    }
}
