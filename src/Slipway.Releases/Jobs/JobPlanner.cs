using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Jobs;

/// <summary>Which jobs a rollout has to run: those of a release that is being staged by a deploy. A rollback never runs any.</summary>
static class JobPlanner
{
    /// <param name="hashes">Of the release's services.</param>
    public static IReadOnlyList<PlannedJob> Plan(StoredApp stored, IReadOnlyDictionary<Slot, IReadOnlyDictionary<string, string>> hashes, string registry)
    {
        if (stored is not { Removing: false, Rollout: { State: RolloutState.Staging, Kind: not RolloutKind.Rollback }, Target: { } target }) return [];
        if (target.Model.Services.All(s => s.Release.Before.Count == 0)) return [];
        if (stored.In(stored.TargetSlot) is not { Standing: Standing.Staged, Leaving: Leaving.No } staged || staged.Release.Number != target.Number) return [];
        return
        [
            .. from service in target.Model.Services
               from job in service.Release.Before.Select((model, i) => (Model: model, Number: i + 1))
               select new PlannedJob
               {
                   Service = service,
                   Number = job.Number,
                   Job = job.Model,
                   Workload = WorkloadOf(stored, staged, service, job.Model, job.Number, hashes[staged.Slot][service.Name], registry),
                   Run = stored.Jobs.FirstOrDefault(r => r.Release == target.Number && r.Service == service.Name && r.Number == job.Number),
               },
        ];
    }

    static Workload WorkloadOf(StoredApp stored, SlotState staged, ServiceModel service, JobModel job, int number, string hash, string registry) => new()
    {
        App = stored.App,
        Service = service.Name,
        Release = staged.Release.Number,
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{hash}\nv{staged.Release.Number}\nbefore-{number}\n{string.Join('\0', job.Entrypoint ?? [])}\n{string.Join('\0', job.Run)}"))))[..16],
        Image = WorkloadPlanner.FullImage(staged.Release.Images[service.Name], registry),
        Container = ContainerOf(staged, service, job, number),
        Replicas = 1,
        Job = number,
        // Nobody is to find it by the service's name: it answers no requests.
        Networks = [.. WorkloadPlanner.NetworksOf(stored.App, staged.Slot, staged.Release.Model, service).Select(n => n with { Aliases = [] })],
        NetworkMode = service.NetworkMode,
        Volumes = WorkloadPlanner.VolumesOf(staged.Release.Model, service),
    };

    static ContainerSpec ContainerOf(SlotState staged, ServiceModel service, JobModel job, int number) =>
        WorkloadPlanner.Introduced(service, staged, staged.Release.Number, string.Create(CultureInfo.InvariantCulture, $"before-{number}")) with
        {
            Command = job.Run,
            Entrypoint = job.Entrypoint ?? service.Container.Entrypoint,
            Restart = new RestartModel { Kind = RestartKind.No },
            // Its end says how it is.
            HealthCheck = new HealthCheckModel { Test = ["NONE"] },
        };
}
