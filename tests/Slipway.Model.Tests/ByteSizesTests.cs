namespace Slipway.Model.Tests;

public sealed class ByteSizesTests
{
    [Theory]
    [InlineData("2b", 2)]
    [InlineData("1024", 1024)]
    [InlineData("1024kb", 1048576)]
    [InlineData("300M", 314572800)]
    [InlineData("1.5g", 1610612736)]
    [InlineData("1 GiB", 1073741824)]
    public void TryParse_GivesBytes(string text, long bytes)
    {
        ByteSizes.TryParse(text, out var size).ShouldBeTrue();
        size.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("12x")]
    [InlineData("-1m")]
    [InlineData("99999999999t")]
    public void TryParse_RefusesOthers(string text) => ByteSizes.TryParse(text, out _).ShouldBeFalse();
}
