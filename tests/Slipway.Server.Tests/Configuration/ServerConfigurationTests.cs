using Slipway.Model;
using Slipway.Registry.Storage.Azure;
using Slipway.Registry.Storage.Swift;
using Slipway.Server.Configuration;

namespace Slipway.Server.Tests.Configuration;

public sealed class ServerConfigurationTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    public void Read_NothingWritten_IsTheDefaults(string text) => Read(text).ShouldBe(new ServerConfiguration());

    [Fact]
    public void Read_NoFile_IsTheDefaults() => ServerConfiguration.Read(Path.Combine(_folder.Path, "none.yaml")).ShouldBe(new ServerConfiguration());

    [Theory]
    [InlineData("database: postgres://slipway:s3cret@db.example/ship\nroles: [registry]\n", ServerRoles.Registry)]
    [InlineData("database: Host=db.example;Username=slipway;Password=s3cret;Database=ship\nroles: control, registry\n", ServerRoles.All)]
    public void Read_Written_IsWhatItSays(string text, ServerRoles roles)
    {
        var configuration = Read(text);
        configuration.Database!.ToString().ShouldBe("postgres://slipway@db.example:5432/ship");
        configuration.Roles.ShouldBe(roles);
    }

    [Fact]
    public void Read_Wrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() => Read("database: pastgres://slipway:s3cret@db/x\nroles: [registry, builder]\ncolour: red\n"));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe([(1, "database"), (2, "roles"), (3, "colour")]);
        error.Diagnostics[1].Message.ShouldBe("'builder' is no role of a server");
        error.ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public void Read_AzureStorage_IsWhatItSays()
    {
        var storage = Read("registry:\n  storage:\n    type: azure\n    account: ship\n    key: c2VjcmV0\n    container: images\n    prefix: /team/\n    redirect: true\n").Storage.ShouldBeOfType<AzureOptions>();
        storage.ShouldBe(new AzureOptions { Account = "ship", Key = "c2VjcmV0", Container = "images", Prefix = "team", Redirect = true });
        storage.Place.ShouldBe("azure container images at https://ship.blob.core.windows.net, prefix team");
    }

    [Fact]
    public void Read_AzureStorageWrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() =>
            Read("registry:\n  storage:\n    type: azure\n    account: ship\n    key: s3cr*t\n    container: Images\n    endpoint: nowhere\n    redirect: perhaps\n    colour: red\n"));
        error.Diagnostics.Select(diagnostic => (diagnostic.Line, diagnostic.Key)).ShouldBe(
            [(7, "registry.storage.endpoint"), (8, "registry.storage.redirect"), (9, "registry.storage.colour"), (6, "registry.storage.container"), (5, "registry.storage.key")]);
        error.ToString().ShouldNotContain("s3cr*t");
    }

    [Fact]
    public void Read_SwiftStorage_IsWhatIsWritten()
    {
        var storage = Read("registry:\n  storage:\n    type: swift\n    authUrl: http://swift.example:8080/auth/v1.0\n    user: ship:slipway\n    password: s3cret\n    container: images\n    prefix: /team/\n")
            .Storage.ShouldBeOfType<SwiftOptions>();
        storage.ShouldBe(new SwiftOptions { AuthUrl = new("http://swift.example:8080/auth/v1.0"), User = "ship:slipway", Password = "s3cret", Container = "images", Prefix = "team" });
    }

    [Fact]
    public void Read_SwiftStorageWrong_NamesEveryErrorWithItsLineAndNoSecret()
    {
        var error = Should.Throw<InvalidInputException>(() =>
            Read("registry:\n  storage:\n    type: swift\n    authUrl: http://swift.example:5000/v3\n    user: slipway\n    password: s3cret\n    container: a/b\n"));
        error.Diagnostics.Select(diagnostic => diagnostic.Key).ShouldBe(["registry.storage.project", "registry.storage.container"]);
        error.ToString().ShouldNotContain("s3cret");
        Should.Throw<InvalidInputException>(() => Read("registry:\n  storage:\n    type: swift\n    container: images\n"))
            .Diagnostics.Single().Key.ShouldBe("registry.storage.authUrl");
    }

    [Fact]
    public void Read_PublicUrlOfTheRegistry_IsTakenBesideItsStorage()
    {
        Read("registry:\n  publicUrl: https://registry.example.com/\n").PublicUrl.ShouldBe("https://registry.example.com");
        var both = Read("registry:\n  publicUrl: http://10.0.0.7:8080\n  storage:\n    type: azure\n    account: ship\n    key: c2VjcmV0\n    container: images\n");
        both.PublicUrl.ShouldBe("http://10.0.0.7:8080");
        both.Storage.ShouldNotBeNull();
        foreach (var wrong in (string[])["registry.example.com", "ftp://registry.example.com", "https://registry.example.com/path", "https://user:s3cret@registry.example.com"])
        {
            var diagnostic = Should.Throw<InvalidInputException>(() => Read($"registry:\n  publicUrl: {wrong}\n")).Diagnostics.Single();
            (diagnostic.Key, diagnostic.Line).ShouldBe(("registry.publicUrl", 2));
            diagnostic.ToString().ShouldNotContain("s3cret");
        }
        Should.Throw<InvalidInputException>(() => Read("registry:\n  colour: red\n")).Diagnostics.Single().Key.ShouldBe("registry.colour");
    }

    [Theory]
    [InlineData("registry: here\n")]
    [InlineData("registry:\n  storage: azure\n")]
    [InlineData("registry:\n  storage:\n    container: images\n")]
    [InlineData("registry:\n  storage:\n    type: tape\n")]
    public void Read_StorageOfNoKnownType_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    [Theory]
    [InlineData("- a list\n")]
    [InlineData("database: [\n")]
    [InlineData("roles: control\n")]
    [InlineData("roles: {registry: true}\n")]
    public void Read_NoConfiguration_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    ServerConfiguration Read(string text) => ServerConfiguration.Read(_folder.Write("slipway.yaml", text));
}
