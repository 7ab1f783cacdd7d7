using System.Data.Common;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Database;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Bench.Decisions;

/// <summary>So many apps with one web service each, all of them deployed as canaries whose first step lasts for hours.</summary>
sealed class Crowd(IServiceProvider services, int apps, int port)
{
    readonly Database.Database _database = services.GetRequiredService<Database.Database>();
    readonly Rollouts _rollouts = services.GetRequiredService<Rollouts>();

    public async Task Deploy(int version, RolloutState until)
    {
        var deployed = new List<long>();
        for (var number = 1; number <= apps; number++)
        {
            var model = Model(number);
            await _rollouts.Deploy(model.Name, new DeploySource { Directory = "/src" }, false, CancellationToken.None);
            var rollout = await _rollouts.TakeQueued(CancellationToken.None);
            var image = $"{model.Name}/web@{Digest.Sha256(BitConverter.GetBytes(version))}";
            await _rollouts.Stage(rollout.Id, model, new Dictionary<string, string> { ["web"] = image }, new Dictionary<string, ImageFacts>(), CancellationToken.None);
            deployed.Add(rollout.Id);
        }
        while (Count("SELECT count(*) FROM rollouts WHERE state = @state AND id >= @first", new { state = until.ToString(), first = deployed[0] }) < apps) await Task.Delay(200);
    }

    public long Verdicts() => Count("SELECT count(*) FROM canary_windows");

    public double Passed() => (double)Count("SELECT count(*) FROM canary_windows WHERE record LIKE '%\"verdict\":\"pass\"%'") / Verdicts();

    long Count(string sql, object? of = null) => _database.Read((DbConnection db) => db.ExecuteScalar<long>(sql, of));

    AppModel Model(int number) => new()
    {
        Name = AppName.Parse($"app-{number}"),
        Services =
        [
            new ServiceModel
            {
                Name = "web",
                Container = new ContainerSpec(),
                Release = new ReleasePolicy
                {
                    Hosts = [$"app-{number}.example.com"], Port = port, Strategy = Strategy.Canary,
                    Canary = new CanaryPolicy { Steps = [new CanaryStep { Weight = 1000, Lasts = TimeSpan.FromHours(10) }, new CanaryStep { Weight = CanaryPolicy.AllRequests, Lasts = TimeSpan.FromHours(1) }] },
                },
            },
        ],
    };
}
