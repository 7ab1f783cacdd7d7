using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class ValueSyntaxTests
{
    [Theory]
    [InlineData("10s", 10)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1h5m30s20ms", 3930.02)]
    [InlineData("500us", 0.0005)]
    [InlineData("1d", 86400)]
    [InlineData("0", 0)]
    public void Durations_TryParse_GivesSeconds(string text, double seconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds, 1e-7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("10x")]
    [InlineData("-5s")]
    [InlineData("1 s")]
    [InlineData("99999999999h")]
    [InlineData("1..5s")]
    public void Durations_TryParse_RefusesOthers(string text) => Durations.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("2b", 2)]
    [InlineData("1024", 1024)]
    [InlineData("1024kb", 1048576)]
    [InlineData("300M", 314572800)]
    [InlineData("1.5g", 1610612736)]
    [InlineData("1 GiB", 1073741824)]
    public void ByteSizes_TryParse_GivesBytes(string text, long bytes)
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
    public void ByteSizes_TryParse_RefusesOthers(string text) => ByteSizes.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("redis-server --appendonly yes", "redis-server|--appendonly|yes")]
    [InlineData("sh -c 'echo \"a b\"; exit'", "sh|-c|echo \"a b\"; exit")]
    [InlineData("a \"b \\\"c\\\" \\n\" d\\ e", "a|b \"c\" \\n|d e")]
    [InlineData("a '' b", "a||b")]
    [InlineData("  ", "")]
    public void ShellWords_TrySplit_GivesWords(string text, string words)
    {
        ShellWords.TrySplit(text, out var split).ShouldBeTrue();
        string.Join('|', split).ShouldBe(words);
    }

    [Fact]
    public void ShellWords_OpenQuote_IsRefused() => ShellWords.TrySplit("sh -c 'oops", out _).ShouldBeFalse();
}
