namespace Slipway.Scenarios.Tests;

/// <summary>What people get wrong, and what they are told. Nothing is stored of any of it.</summary>
public sealed class InputScenarios(SlipwayProcess slipway)
{
    [Theory]
    [InlineData("services: [", "compose.yaml:2", "YAML")]
    [InlineData("services:\n\tweb:\n", "compose.yaml:2", "tab")]
    [InlineData("services:\n  web:\n    build: .\n    prots: ['80:80']\n", "compose.yaml:4", "ports")]
    [InlineData("services:\n  web:\n    build: .\n    ports: ['99999:80']\n", "compose.yaml:4", "65535")]
    [InlineData("services:\n  a: {build: ., depends_on: [b]}\n  b: {build: ., depends_on: [a]}\n", "compose.yaml", "a")]
    [InlineData("services:\n  web:\n    build: .\n    volumes: ['data:/data']\n", "compose.yaml:4", "data")]
    [InlineData("services:\n  web:\n    build: .\n    networks: [front]\n", "compose.yaml:4", "front")]
    [InlineData("services:\n  web:\n    build: .\n    environment: {A: '${NEEDED:?set it to the address}'}\n", "compose.yaml:4", "set it to the address")]
    public async Task Deploy_BadComposeFile_SaysWhereAndWhatAndStoresNothing(string compose, string where, string what)
    {
        using var app = new TestApp("rolling") { Compose = compose };

        var deploy = await slipway.Try("deploy", app.Folder, "--app", app.Name);

        deploy.ExitCode.ShouldBe(2, deploy.All);
        deploy.Errors.ShouldContain(where);
        deploy.Errors.ShouldContain(what, Case.Insensitive);
        (await slipway.Api.GetAsync($"apps/{app.Name}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("deploy", "/", "--app", "Bad_Name")]
    [InlineData("promote", "Bad_Name")]
    [InlineData("deploy", "/there/is/no/such/folder")]
    [InlineData("scale", "shop/web=many")]
    [InlineData("no-such-command")]
    public async Task Command_BadUsage_ExitsWithTwoAndSaysWhy(params string[] arguments)
    {
        var result = await slipway.Try(arguments);

        result.ExitCode.ShouldBe(2, result.All);
        result.Errors.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Command_ForAnAppThatIsNotThere_SaysSo()
    {
        var result = await slipway.Try("promote", "nobody");

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("nobody");
    }
}
