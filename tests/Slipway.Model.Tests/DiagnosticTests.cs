namespace Slipway.Model.Tests;

public sealed class DiagnosticTests
{
    [Fact]
    public void ToString_Whole_ReadsLikeACompilers() => new Diagnostic
    {
        Message = "'99999' is no port",
        File = "compose.yaml",
        Line = 7,
        Column = 5,
        Key = "services.web.ports[0]",
        Expected = "1 to 65535",
    }.ToString().ShouldBe("compose.yaml:7:5: services.web.ports[0]: '99999' is no port (expected 1 to 65535)");

    [Fact]
    public void ToString_Warning_SaysSo() =>
        new Diagnostic { Message = "m", Severity = Severity.Warning }.ToString().ShouldBe("warning: m");
}
