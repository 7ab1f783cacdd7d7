using System.Text.Json;

namespace Slipway.Model.Tests;

public sealed class AppNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("shop")]
    [InlineData("my-shop-2")]
    [InlineData("0")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("shop--pr-12")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa--aaaaaaaaaaaaaaaaaaaaa")]
    public void TryParse_Name_IsTaken(string text)
    {
        AppName.TryParse(text, out var name).ShouldBeTrue();
        name.Value.ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("../x")]
    [InlineData("é")]
    [InlineData("a\n")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa--aaaaaaaaaaaaaaaaaaaaaa")]
    public void TryParse_Other_IsRefused(string? text) => AppName.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Parse_Other_SaysWhatWouldBeRight() =>
        Should.Throw<InvalidInputException>(() => AppName.Parse("No!")).Diagnostics.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(d => d.Found.ShouldBe("No!"), d => d.Expected.ShouldBe(AppName.Rule));

    [Theory]
    [InlineData("My Shop_2", "my-shop-2")]
    [InlineData("__x__", "x")]
    [InlineData("my--shop__2", "my-shop-2")]
    [InlineData("...", null)]
    [InlineData("", null)]
    [InlineData("商店", null)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void FromFolder_Name_GivesTheNearest(string folder, string? name) => AppName.FromFolder(folder)?.Value.ShouldBe(name);

    [Fact]
    public void FromFolder_NothingLeft_IsNull() => AppName.FromFolder("!!!").ShouldBeNull();

    [Fact]
    public void Default_Used_Throws() => Should.Throw<InvalidOperationException>(() => default(AppName).Value);

    [Fact]
    public void Compare_Names_IsOrdinal()
    {
        (AppName.Parse("a") < AppName.Parse("b")).ShouldBeTrue();
        (AppName.Parse("a") >= AppName.Parse("a")).ShouldBeTrue();
    }

    [Fact]
    public void Json_BadName_Throws() => Should.Throw<JsonException>(() => JsonSerializer.Deserialize<AppName>("\"A B\""));
}
