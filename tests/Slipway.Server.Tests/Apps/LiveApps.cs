using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;

namespace Slipway.Server.Tests.Apps;

/// <summary>Apps that have a live release, on servers whose engine runs nothing.</summary>
static class LiveApps
{
    /// <summary>As a rollout that is done leaves it.</summary>
    public static Task HasLive(this TestServer server, string app, PreviewPolicy? previews = null)
    {
        var release = new Release
        {
            App = AppName.Parse(app),
            Number = 1,
            Created = DateTimeOffset.UtcNow,
            Model = new AppModel
            {
                Name = AppName.Parse(app),
                Services = [new ServiceModel { Name = "web", Container = new ContainerSpec(), Release = new ReleasePolicy { Hosts = [$"web.{app}.localhost"], Port = 80, Strategy = Strategy.Rolling } }],
                Previews = previews,
            },
            Images = new Dictionary<string, string> { ["web"] = $"{app}/web@{Digest.Sha256("live"u8)}" },
            Slot = Slot.Blue,
        };
        return server.Host.App.Services.GetRequiredService<Database.Database>().Write(
            db =>
            {
                db.Execute("INSERT INTO apps (app, live, holder, last_release) VALUES (@app, 1, 'blue', 1)", new { app });
                db.Execute("INSERT INTO releases (app, number, was_live, changed, record) VALUES (@app, 1, 1, '[\"web\"]', @record)", new { app, record = JsonSerializer.Serialize(release, ModelJson.Default.Release) });
                db.Execute("INSERT INTO slots (app, slot, release, standing, since, origins) VALUES (@app, 'blue', 1, 'live', 0, '{\"web\":1}')", new { app });
            },
            TestContext.Current.CancellationToken);
    }
}
