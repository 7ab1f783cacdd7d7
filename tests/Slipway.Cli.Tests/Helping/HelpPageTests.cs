namespace Slipway.Cli.Tests.Helping;

public class HelpPageTests
{
    [Fact]
    public async Task Help_OfACommand_NamesArgumentsAndOptions()
    {
        var shell = new TestShell();
        (await shell.Run("deploy", "--help")).ShouldBe(0);
        shell.Out.ShouldContain("  slipway deploy [DIR] [options]");
        shell.Out.ShouldContain("  -f, --file FILE ");
        shell.Out.ShouldContain("  --data DIR ");
        shell.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Help_InChinese_HasNoEnglishHeading()
    {
        var shell = new TestShell();
        shell.Variables["LANG"] = "zh_CN.UTF-8";
        (await shell.Run("base", "import", "-h")).ShouldBe(0);
        shell.Out.ShouldContain("用法：");
        shell.Out.ShouldContain("  slipway base import IMAGE [选项]");
        foreach (var english in (string[])["Usage", "Description", "Options", "Arguments"]) shell.Out.ShouldNotContain(english);
    }

    [Fact]
    public async Task Run_NoCommand_ShowsWhatThereIs()
    {
        var shell = new TestShell();
        (await shell.Run()).ShouldBe(0);
        shell.Out.ShouldContain("  deploy [DIR] ");
        shell.Out.ShouldNotContain("supervise");
        shell.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_Group_ShowsItsCommands()
    {
        var shell = new TestShell();
        (await shell.Run("base")).ShouldBe(0);
        shell.Out.ShouldContain("  import IMAGE ");
    }

    [Theory]
    [InlineData(120)]
    [InlineData(60)]
    [InlineData(30)]
    public async Task Help_OnATerminal_IsNoWider(int columns)
    {
        var shell = new TestShell { Columns = columns };
        (await shell.Run("--help")).ShouldBe(0);
        shell.Out.Split('\n').Where(line => Cli.Rendering.Width.Of(line) > columns && line.TrimStart().Contains(' ', StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
