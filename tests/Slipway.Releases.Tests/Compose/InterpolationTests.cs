using FsCheck;
using FsCheck.Fluent;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class InterpolationTests
{
    static string? Lookup(string name) => name switch
    {
        "SET" => "value",
        "EMPTY" => "",
        "OTHER" => "other",
        _ => null,
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$SET", "value")]
    [InlineData("a${SET}b", "avalueb")]
    [InlineData("$SET-x", "value-x")]
    [InlineData("$$SET", "$SET")]
    [InlineData("$${SET}", "${SET}")]
    [InlineData("$$$SET", "$value")]
    [InlineData("100$", "100$")]
    [InlineData("$1 $-", "$1 $-")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${NONE:-d}", "d")]
    [InlineData("${NONE-d}", "d")]
    [InlineData("${SET:-d}", "value")]
    [InlineData("${SET:+yes}", "yes")]
    [InlineData("${EMPTY:+yes}", "")]
    [InlineData("${EMPTY+yes}", "yes")]
    [InlineData("${NONE+yes}", "")]
    [InlineData("${SET:?needed}", "value")]
    [InlineData("${EMPTY?needed}", "")]
    [InlineData("${NONE:-${OTHER}}", "other")]
    [InlineData("${NONE:-${NONE2:-deep}}", "deep")]
    [InlineData("${NONE:-a:b/c$$}", "a:b/c$")]
    [InlineData("${SET:-${NONE:?never asked}}", "value")]
    [InlineData("${NONE:-}", "")]
    [InlineData("http://${NONE:-h}:${PORT:-80}/", "http://h:80/")]
    public void Expand_Value_GivesText(string text, string expected)
    {
        var result = Interpolation.Expand(text, Lookup);
        result.Error.ShouldBeNull();
        result.Text.ShouldBe(expected);
    }

    [Theory]
    [InlineData("${NONE:?say it}", "NONE is required and not set: say it")]
    [InlineData("${EMPTY:?}", "EMPTY is required and empty")]
    [InlineData("${NONE?no $OTHER}", "no other")]
    [InlineData("${SET", "no closing brace")]
    [InlineData("${SET:-a", "no closing brace")]
    [InlineData("${}", "names no variable")]
    [InlineData("${1A}", "names no variable")]
    [InlineData("${SET/a/b}", "no operator")]
    [InlineData("${SET:x}", "no operator")]
    public void Expand_BadValue_SaysWhy(string text, string error) =>
        Interpolation.Expand(text, Lookup).Error.ShouldNotBeNull().ShouldContain(error);

    [Fact]
    public void Expand_NestedTooDeeply_IsAnError()
    {
        var text = string.Concat(Enumerable.Repeat("${A:-", 5000)) + new string('}', 5000);
        Interpolation.Expand(text, Lookup).Error.ShouldNotBeNull().ShouldContain("too deeply");
    }

    [Fact]
    public void Expand_BranchNotTaken_NamesItsVariablesWithoutWarning()
    {
        var result = Interpolation.Expand("${SET:-$NONE} $GONE", Lookup);
        result.Names.ShouldBe(["SET", "NONE", "GONE"]);
        result.Unset.ShouldBe(["GONE"]);
    }

    [Fact]
    public void Expand_EscapedText_GivesItBack() => Check.QuickThrowOnFailure(Prop.ForAll<NonNull<string>>(text =>
        Interpolation.Expand(text.Get.Replace("$", "$$", StringComparison.Ordinal), Lookup).Text == text.Get));

    [Fact]
    public void Expand_AnyText_EndsWithTextOrError() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("$", "{", "}", ":", "-", "?", "+", "A", "SET", "$$", "${", " ").ListOf().Select(parts => string.Concat(parts)).ToArbitrary(),
        text =>
        {
            var result = Interpolation.Expand(text, Lookup);
            return result.Error is not null ? result.Text == text && result.Expected is not null : result.Text.Length <= text.Length * 5;
        }));

    [Fact]
    public void Expand_DefaultOfUnset_IsTheDefault() => Check.QuickThrowOnFailure(Prop.ForAll<NonNull<string>>(word =>
    {
        var bare = new string([.. word.Get.Where(c => c is not ('$' or '}'))]);
        return Interpolation.Expand("<${NONE:-" + bare + "}>", Lookup).Text == "<" + bare + ">";
    }));
}
