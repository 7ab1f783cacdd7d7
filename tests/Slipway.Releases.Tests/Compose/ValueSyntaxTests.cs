using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class ValueSyntaxTests
{
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
