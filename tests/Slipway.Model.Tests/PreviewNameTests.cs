namespace Slipway.Model.Tests;

public sealed class PreviewNameTests
{
    static readonly AppName Shop = AppName.Parse("shop");

    [Theory]
    [InlineData("pr-12", "pr-12")]
    [InlineData("PR-12", "pr-12")]
    [InlineData("feature/Check--out_v2", "feature-check-out-v2")]
    [InlineData("refs/heads/main", "main")]
    [InlineData(" dependabot/npm/left-pad ", "dependabot-npm-left-pad")]
    [InlineData("#7", "7")]
    public void Of_Branch_IsItsNearestLabel(string branch, string label)
    {
        PreviewName.Of(branch, Shop).Value.ShouldBe(label);
        PreviewName.Of(label, Shop).Value.ShouldBe(label);
    }

    [Theory]
    [InlineData("feature/a-name-that-is-longer-than-any-label-may-be-here")]
    [InlineData("商店")]
    [InlineData("preview")]
    [InlineData("/")]
    public void Of_WhatHasNoLabelOfItsOwn_EndsWithAHash_AndIsALabel(string branch)
    {
        var name = PreviewName.Of(branch, Shop).Value;
        name.ShouldMatch("^[a-z0-9]([a-z0-9-]*[a-z0-9])?-[0-9a-f]{6}$");
        name.Length.ShouldBeLessThanOrEqualTo(PreviewName.MaxLength);
        name.ShouldNotContain("--");
        PreviewName.Of(name, Shop).Value.ShouldBe(name);
        PreviewName.Of(branch + "x", Shop).Value.ShouldNotBe(name);
    }

    [Fact]
    public void AppOf_TheLongestAppsName_IsStillALabel()
    {
        var app = AppName.Parse(new string('a', AppName.MaxLength));
        var preview = PreviewName.Of(new string('b', 200), app);
        preview.AppOf(app).Value.Length.ShouldBe(AppName.MaxPreviewLength);
        PreviewName.Of("pr-12", Shop).AppOf(Shop).Value.ShouldBe("shop--pr-12");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    [InlineData("refs/heads/")]
    [InlineData("a\nb")]
    public void Of_NoName_IsRefused(string? text) => Should.Throw<InvalidInputException>(() => PreviewName.Of(text, Shop)).Diagnostics.Single().Key.ShouldBe("name");

    [Fact]
    public void Of_MoreThanABranchCanHave_IsRefused() => Should.Throw<InvalidInputException>(() => PreviewName.Of(new string('a', 256), Shop));
}
