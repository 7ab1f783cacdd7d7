using Slipway.Cli.Rendering;

namespace Slipway.Cli.Tests.Rendering;

public class WrappingTests
{
    [Theory]
    [InlineData("build, ship and run", 12, "build, ship|and run")]
    [InlineData("build, ship and run", 19, "build, ship and run")]
    [InlineData("unbreakable words", 5, "unbreakable|words")]
    [InlineData("启动引擎、服务器和网关。", 8, "启动引|擎、服务|器和网|关。")]
    [InlineData("使用（默认：:80）端口", 6, "使用|（默|认：|:80）|端口")]
    [InlineData("", 10, "")]
    public void Lines_OfText_AreNoWiderThanAskedFor(string text, int cells, string lines) =>
        string.Join('|', Wrapping.Lines(text, cells)).ShouldBe(lines);
}
