using System.Text.Json;
using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

/// <summary>Files as people write them: each is read without an error, and becomes the services given here.</summary>
public sealed class FixturesTests
{
    [Theory]
    [InlineData("deck", "redis rolling; web recreate web.deck.localhost:5000 on 5000")]
    [InlineData("deck-null", "redis blue-green; web blue-green web.deck-null.localhost:5000 on 5000")]
    [InlineData("wordpress", "db recreate; wordpress recreate wordpress.wordpress.localhost:80 on 8080")]
    [InlineData("voting", "db recreate; redis rolling; result recreate result.voting.localhost:80 on 5001; vote rolling vote.voting.localhost:80 on 5000; worker rolling")]
    [InlineData("gitea", "db recreate; server recreate server.gitea.localhost:3000 on 3000")]
    [InlineData("nextcloud", "app recreate app.nextcloud.localhost:80 on 8080; cron recreate; db recreate; redis rolling")]
    [InlineData("monitoring", "grafana blue-green grafana.example.com:3000 on 3000; node recreate; prometheus recreate prometheus.watch.localhost:9090 on 9090")]
    [InlineData("stack", "api rolling shop.example.com:8000 on ; front rolling shop.example.com:80 on 8081; mail recreate")]
    [InlineData("included", "cache recreate; web rolling web.included.localhost:80 on ")]
    [InlineData("registry-ui", "registry recreate; ui rolling ui.registry-ui.localhost:80 on 8082")]
    public void Fixture_Read_GivesItsServices(string name, string services)
    {
        var request = new ComposeRequest { Directory = DocumentationTests.Find("tests/Slipway.Releases.Tests/Compose/Fixtures/" + name) };
        var result = ComposeFile.Read(request);
        string.Join("; ", result.Model.Services.OrderBy(s => s.Name, StringComparer.Ordinal).Select(Describe)).ShouldBe(services);
        result.Keys.ShouldNotBeEmpty();

        var json = JsonSerializer.Serialize(result.Model, ModelJson.Default.AppModel);
        JsonSerializer.Serialize(JsonSerializer.Deserialize(json, ModelJson.Default.AppModel)!, ModelJson.Default.AppModel).ShouldBe(json);
        JsonSerializer.Serialize(ComposeFile.Read(request).Model, ModelJson.Default.AppModel).ShouldBe(json);
    }

    static string Describe(ServiceModel service)
    {
        var strategy = JsonSerializer.Serialize(service.Release.Strategy).Trim('"');
        return !service.Release.IsRouted ? $"{service.Name} {strategy}"
            : $"{service.Name} {strategy} {service.Release.Hosts[0]}:{service.Release.Port} on {string.Join(',', service.Release.GatewayPorts.Select(p => p.Port))}";
    }
}
