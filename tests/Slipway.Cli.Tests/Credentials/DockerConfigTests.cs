using System.Text;
using System.Text.Json.Nodes;
using Slipway.Cli.Credentials;
using Slipway.Model;

namespace Slipway.Cli.Tests.Credentials;

public class DockerConfigTests
{
    [Fact]
    public void Login_NoFile_MakesOneForTheUserAlone()
    {
        using var folder = new TemporaryFolder();
        var file = folder[".docker/config.json"];
        DockerConfig.Login(file, "127.0.0.1:8080", "admin", "secret").ShouldBeNull();
        var auth = JsonNode.Parse(File.ReadAllText(file))!["auths"]!["127.0.0.1:8080"]!["auth"]!.GetValue<string>();
        Encoding.UTF8.GetString(Convert.FromBase64String(auth)).ShouldBe("admin:secret");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Login_OtherEntries_StayAsTheyWere()
    {
        using var folder = new TemporaryFolder();
        var file = folder["config.json"];
        File.WriteAllText(file, """{"auths":{"ghcr.io":{"auth":"eDp5"},"127.0.0.1:8080":{"auth":"b2xk","email":"a@b"}},"HttpHeaders":{"X":"1"},"credsStore":"pass"}""");
        DockerConfig.Login(file, "127.0.0.1:8080", "admin", "new").ShouldBe("pass");
        var config = JsonNode.Parse(File.ReadAllText(file))!;
        config["auths"]!["ghcr.io"]!["auth"]!.GetValue<string>().ShouldBe("eDp5");
        config["auths"]!["127.0.0.1:8080"]!["email"]!.GetValue<string>().ShouldBe("a@b");
        config["auths"]!["127.0.0.1:8080"]!["auth"]!.GetValue<string>().ShouldBe(Convert.ToBase64String("admin:new"u8));
        config["HttpHeaders"]!["X"]!.GetValue<string>().ShouldBe("1");
    }

    [Theory]
    [InlineData("{ not json")]
    [InlineData("[]")]
    public void Login_FileIsNoConfiguration_IsLeftAlone(string text)
    {
        using var folder = new TemporaryFolder();
        var file = folder["config.json"];
        File.WriteAllText(file, text);
        Should.Throw<InvalidInputException>(() => DockerConfig.Login(file, "127.0.0.1:8080", "admin", "new")).Message.ShouldContain(file);
        File.ReadAllText(file).ShouldBe(text);
    }
}
