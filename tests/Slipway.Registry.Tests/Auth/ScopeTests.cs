using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Auth;

namespace Slipway.Registry.Tests.Auth;

public sealed class ScopeTests
{
    [Theory]
    [InlineData("repository:shop/web:pull,push", "repository", "shop/web", "pull,push")]
    [InlineData("repository:host:5000/shop/web:pull", "repository", "host:5000/shop/web", "pull")]
    [InlineData("repository(plugin):shop/web:pull", "repository", "shop/web", "pull")]
    [InlineData("registry:catalog:*", "registry", "catalog", "*")]
    [InlineData("repository:shop/web:pull,pull", "repository", "shop/web", "pull")]
    public void TryParse_Wellformed(string text, string type, string name, string actions)
    {
        TokenScope.TryParse(text, out var scope).ShouldBeTrue();
        (scope.Type, scope.Name, string.Join(',', scope.Actions)).ShouldBe((type, name, actions));
    }

    [Fact]
    public void TryParse_AnyText_NeverThrows_AndWhatItTakesIsWhole()
    {
        var pieces = Gen.Elements("repository", "registry", ":", ":", ",", "*", "shop/web", "pull", "push", "PULL", "(plugin)", " ", "", "é", "..", "\0");
        Prop.ForAll(Gen.ArrayOf(pieces).Select(parts => string.Concat(parts)).ToArbitrary(), text =>
        {
            if (!TokenScope.TryParse(text, out var scope)) return true;
            return scope.Type.All(char.IsAsciiLetterOrDigit) && scope.Name.Length > 0 && text.Contains(scope.Name) && scope.Actions.All(action => action == "*" || action.All(char.IsAsciiLetterLower));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Covers_OfPatterns_AgreesWithCoversOfNames()
    {
        var names = Gen.Elements("a", "b", "a/x", "a/y", "a/xy", "a/x/z", "a/x-1", "b/x");
        var patterns = Gen.Elements("*", "a", "b", "a/x", "a/*", "a/x*", "a/x/*", "a/x-*", "b/x").Select(text => ScopePattern.TryParse(text, out var pattern) ? pattern : throw new InvalidOperationException(text));
        Prop.ForAll(patterns.ToArbitrary(), patterns.ToArbitrary(), names.ToArbitrary(), (wide, narrow, name) =>
            !wide.Covers(narrow) || !narrow.Covers(name) || wide.Covers(name)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("a*")]
    [InlineData("a/**")]
    [InlineData("*/a")]
    [InlineData("A")]
    [InlineData("a//b")]
    [InlineData("")]
    public void Pattern_Malformed_IsRefused(string text) => ScopePattern.TryParse(text, out _).ShouldBeFalse();
}
