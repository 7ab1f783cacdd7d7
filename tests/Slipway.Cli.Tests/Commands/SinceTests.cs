using Slipway.Cli.Commands;
using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

public class SinceTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("90s", "2026-01-31T11:58:30Z")]
    [InlineData("10m", "2026-01-31T11:50:00Z")]
    [InlineData("1h30m", "2026-01-31T10:30:00Z")]
    [InlineData("2d", "2026-01-29T12:00:00Z")]
    [InlineData("2026-01-30T08:00:00Z", "2026-01-30T08:00:00Z")]
    [InlineData("2026-01-30T08:00:00.5+08:00", "2026-01-30T00:00:00.5Z")]
    [InlineData("2026-01-30", "2026-01-30T00:00:00Z")]
    public void Parse_AgeOrTime_IsAMoment(string text, string moment) => Since.Parse(text, Now).ShouldBe(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m")]
    [InlineData("10x")]
    [InlineData("-5m")]
    [InlineData("99999999999d")]
    [InlineData("999999999d")]
    [InlineData("2026-01-30T08:00:00")]
    public void Parse_AnythingElse_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Since.Parse(text, Now));
}
