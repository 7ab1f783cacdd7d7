using Slipway.Cli.Rendering;

namespace Slipway.Cli.Tests.Rendering;

public class ReadableTests
{
    [Theory]
    [InlineData(0.085, "85 ms")]
    [InlineData(0.9999, "1.0 s")]
    [InlineData(3.21, "3.2 s")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(12000, "3 h 20 min")]
    [InlineData(1036800, "12 days")]
    public void Duration_Written_HasFittingUnits(double seconds, string text) => Readable.Duration(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1500, "1.5 kB")]
    [InlineData(999_600, "1.0 MB")]
    [InlineData(123_000_000_000, "123 GB")]
    public void Bytes_Written_HasFittingUnits(long bytes, string text) => Readable.Bytes(bytes).ShouldBe(text);

    [Theory]
    [InlineData("\e]0;title\aplain", "plain")]
    [InlineData("\e[2J\e[1;1Hplain\e", "plain")]
    [InlineData("a\0b\bc", "abc")]
    [InlineData("50%\r100%\r\n", "100%")]
    public void Line_EscapeSequences_NeverReachTheTerminal(string text, string shown) => Readable.Line(text).ShouldBe(shown);

    [Fact]
    public void Fit_WideCharacters_CountTwice()
    {
        Width.Of("\e[31m应用\e[0m a").ShouldBe(6);
        Width.Fit("应用应用", 6).ShouldBe("应用…");
    }
}
