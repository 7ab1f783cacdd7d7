using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Names;

namespace Slipway.Registry.Tests.Names;

/// <summary>Specification 1.1, "Pulling manifests": the grammars of &lt;name&gt; and of a tag.</summary>
public sealed class NameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("guestbook/web")]
    [InlineData("library/debian")]
    [InlineData("a.b/c_d/e__f/g-h/i---j")]
    [InlineData("blobs/uploads/manifests/tags")]
    public void RepositoryName_Valid_IsKept(string text)
    {
        RepositoryName.TryParse(text, out var name).ShouldBeTrue();
        name.Value.ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("a%2fb")]
    [InlineData("a\0b")]
    [InlineData("_catalog")]
    public void RepositoryName_Invalid_IsRefused(string text) => RepositoryName.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void RepositoryName_Length_IsAtMost255()
    {
        RepositoryName.TryParse(new string('a', 255), out _).ShouldBeTrue();
        RepositoryName.TryParse(new string('a', 256), out _).ShouldBeFalse();
    }

    [Fact]
    public void RepositoryName_AnyText_NeverBecomesAPath() => Check.QuickThrowOnFailure(Prop.ForAll(Text("ab0./_-\\%:\0~ "), text =>
        !RepositoryName.TryParse(text, out var name)
        || (!name.Value.Contains("..", StringComparison.Ordinal) && !name.Value.StartsWith('/') && name.Value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || "./_-".Contains(c)))));

    [Fact]
    public void TagName_AnyText_IsByTheSpecificationsGrammar() => Check.QuickThrowOnFailure(Prop.ForAll(Text("aZ0._-:/ \n"), text =>
        TagName.TryParse(text, out _) == Regex.IsMatch(text, @"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z")));

    [Fact]
    public void TagName_Length_IsAtMost128()
    {
        TagName.TryParse(new string('a', 128), out _).ShouldBeTrue();
        TagName.TryParse(new string('a', 129), out _).ShouldBeFalse();
    }

    static Arbitrary<string> Text(string letters) =>
        Gen.Elements(letters.ToCharArray()).ArrayOf().Select(chars => new string(chars)).ToArbitrary();
}
