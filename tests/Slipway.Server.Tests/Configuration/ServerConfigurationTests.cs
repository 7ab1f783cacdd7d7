using Slipway.Model;
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

    [Theory]
    [InlineData("- a list\n")]
    [InlineData("database: [\n")]
    [InlineData("roles: control\n")]
    [InlineData("roles: {registry: true}\n")]
    public void Read_NoConfiguration_IsRefused(string text) => Should.Throw<InvalidInputException>(() => Read(text));

    ServerConfiguration Read(string text) => ServerConfiguration.Read(_folder.Write("slipway.yaml", text));
}
