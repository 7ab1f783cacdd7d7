using Slipway.Model;
using Slipway.Releases.Compose;
using Slipway.Releases.Diffing;

namespace Slipway.Releases.Tests.Compose;

public sealed class HttpsPortReadingTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("{https-ports: false}", "")]
    [InlineData("{https-ports: true}", "5000 5443")]
    [InlineData("{https-ports: 5443}", "5443")]
    [InlineData("{https-ports: [5443]}", "5443")]
    [InlineData("{https-ports: [5443, 5000], https: only}", "5000 5443")]
    public void Ports_ThatAreNamed_SpeakTls(string release, string expected)
    {
        var ports = ComposeFolder.Service($"ports: ['5000:80', '127.0.0.1:5443:80']\nx-release: {release}").Release.GatewayPorts;

        ports.Count.ShouldBe(2);
        string.Join(' ', ports.Where(port => port.Tls).Select(port => port.Port).Order()).ShouldBe(expected);
    }

    [Fact]
    public void True_ForTheWholeFile_IsNoErrorOfServicesWithoutPorts()
    {
        using var folder = new ComposeFolder("x-release: {https-ports: true}\nservices: {web: {image: nginx, ports: ['5443:80']}, api: {image: nginx, x-release: {port: 80}}}");

        var model = ComposeFile.Read(folder.Request).Model;

        model.Find("web")!.Release.GatewayPorts.ShouldBe([new GatewayPort(null, 5443) { Tls = true }]);
        model.Find("api")!.Release.GatewayPorts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https-ports: [5443, 5444]", "'5444' is no port of the host", "5000, 5443")]
    [InlineData("https-ports: [web]", "'web' is no port of the host", "5000, 5443")]
    [InlineData("https-ports: [5443], https: off", "https is off", "no https-ports")]
    public void Wrong_IsSaidWithWhatWouldBeRight(string release, string message, string expected)
    {
        using var folder = new ComposeFolder($"services: {{web: {{image: nginx, ports: ['5000:80', '5443:80'], x-release: {{{release}}}}}}}");

        var error = Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request)).Diagnostics.ShouldHaveSingleItem();

        error.Key.ShouldBe("services.web.x-release.https-ports");
        error.Message.ShouldContain(message);
        error.Expected!.ShouldContain(expected);
    }

    [Fact]
    public void Diff_SaysThatAPortBeginsToSpeakTls()
    {
        static ServiceModel With(string release) => ComposeFolder.Service($"ports: ['5443:80']\nx-release: {release}");

        var changes = ServiceDiff.Between(With("{https: both}"), null, With("{https-ports: true}"), null).Where(change => change.Kind == ChangeKind.Port).ToList();

        changes.Select(change => change.Before ?? change.After).ShouldBe(["5443:80/tcp", "5443:80/tcp (https)"]);
    }
}
