using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class EnvironmentFileTests
{
    static readonly Dictionary<string, string> Shell = new() { ["HOST"] = "shell", ["WINS"] = "shell" };

    static (IReadOnlyDictionary<string, string?> Values, Findings Findings) Read(string text, bool raw = false)
    {
        var findings = new Findings();
        return (EnvironmentFile.Read(text, new Source(".env", "/"), new Variables(Shell), findings, raw), findings);
    }

    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("A = b ", "b")]
    [InlineData("A: b", "b")]
    [InlineData("export A=b", "b")]
    [InlineData("A=b # comment", "b")]
    [InlineData("A=b#c", "b#c")]
    [InlineData("A=", "")]
    [InlineData("A=# none", "")]
    [InlineData("A='$HOST # x'", "$HOST # x")]
    [InlineData("A='it\\'s'", "it's")]
    [InlineData("A=\"$HOST # x\"", "shell # x")]
    [InlineData("A=\"a\\nb\\t\\\"c\\\" \\$HOST\"", "a\nb\t\"c\" $HOST")]
    [InlineData("A=${HOST}/x", "shell/x")]
    [InlineData("A=${GONE:-d}", "d")]
    [InlineData("A=a=b", "a=b")]
    [InlineData("# first\n\n  A=b\r\n", "b")]
    [InlineData("B=1\nA=${B}2", "12")]
    [InlineData("WINS=file\nA=$WINS", "shell")]
    [InlineData("A=\"two\nlines\" # x\nB=1", "two\nlines")]
    public void Read_Value_GivesText(string text, string expected)
    {
        var (values, findings) = Read(text);
        findings.All.ShouldBeEmpty();
        values["A"].ShouldBe(expected);
    }

    [Fact]
    public void Read_KeyAlone_TakesTheEnvironments()
    {
        var (values, _) = Read("HOST\nGONE\n");
        values["HOST"].ShouldBe("shell");
        values["GONE"].ShouldBeNull();
    }

    [Fact]
    public void Read_Raw_KeepsEverything() => Read("A='$HOST' # x", raw: true).Values["A"].ShouldBe("'$HOST' # x");

    [Theory]
    [InlineData("B=1\nA='open", 2)]
    [InlineData("\n\nA b=c", 3)]
    [InlineData("=x", 1)]
    [InlineData("A=\"x\" y", 1)]
    [InlineData("A=${HOST", 1)]
    public void Read_BadLine_IsReportedWithItsLine(string text, int line) =>
        Read(text).Findings.All.ShouldHaveSingleItem().Line.ShouldBe(line);
}
