using Slipway.Model;
using Slipway.Releases.Jobs;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>From the stored slots to the workloads that should run: docs/design/architecture.md, "Slots, and what releases share".</summary>
static class WorkloadPlanner
{
    /// <param name="registry">Address of our registry, put before images that are ours.</param>
    public static Plan Plan(StoredApp stored, string registry)
    {
        if (stored.Removing) return Reconciling.Plan.Empty;
        var staying = stored.Slots.Where(s => s.Leaving == Leaving.No).ToList();
        var hashes = stored.Slots.ToDictionary(s => s.Slot, s => WorkloadIdentity.HashesOf(s.Release));
        var shift = Shift.Of(stored);
        var workloads = new List<PlannedWorkload>();
        foreach (var (slot, service) in staying.SelectMany(s => s.Release.Model.Services.Select(service => (s, service))))
        {
            var owner = OwnerOf(service, slot, staying, stored.Holder);
            var owned = owner.Release.Model.Find(service.Name)!;
            var key = new WorkloadKey(service.Name, hashes[owner.Slot][service.Name]);
            var isShared = staying.Any(s => s.Slot != slot.Slot && hashes[s.Slot].TryGetValue(service.Name, out var other) && other == key.Hash) || owner != slot;
            var full = stored.Scales.TryGetValue(service.Name, out var scaled) ? scaled : owned.Replicas;
            var exclusive = IsExclusive(service.Name, staying);
            var replicas = service.Release.Static is not null ? isShared || !shift.HasLeft(owner.Slot) ? 1 : 0
                : isShared || exclusive ? full : shift.Replicas(owner.Slot, full);
            var networks = NetworksOf(stored.App, slot.Slot, slot.Release.Model, service);
            var known = workloads.FindIndex(w => w.Key == key);
            if (known >= 0) workloads[known] = Join(workloads[known], slot.Slot, networks, replicas);
            else workloads.Add(Make(owner, owned, slot.Slot, key, replicas, networks, registry, exclusive));
        }
        KeepAttached(stored, hashes, workloads);
        return new Plan
        {
            Workloads = workloads,
            InForce = workloads.SelectMany(w => w.Slots.Select(slot => (slot, w))).ToDictionary(p => (p.slot, p.w.Service.Name), p => p.w),
            Jobs = JobPlanner.Plan(stored, hashes, registry),
        };
    }

    /// <summary>
    /// Never run twice: what is to be recreated, an unrouted service that holds state, and what takes ports or the network of the host.
    /// A routed service that holds state runs twice where its file says so by a strategy.
    /// </summary>
    public static bool IsExclusive(ServiceModel service) =>
        service.Release.Strategy == Strategy.Recreate
        || (service.IsStateful && !service.Release.IsRouted)
        || service.NetworkMode == "host"
        || EnginePorts(service).Any(p => p.Published is not null);

    /// <summary>Published ports without those that the gateway serves.</summary>
    public static IReadOnlyList<PortModel> EnginePorts(ServiceModel service) => service.Release.IsRouted
        ? [.. service.Ports.Where(p => p.Protocol != "tcp" || !service.Release.GatewayPorts.Any(g => g.Port == p.Published))]
        : service.Ports;

    public static string NetworkName(AppName app, Slot slot, string key) => $"slipway.{app}.{slot.Name}.{key}";

    /// <summary>For each service of a release about to be staged, who brought its workload in: the live release's where it is the same, else itself.</summary>
    public static IReadOnlyDictionary<string, int> OriginsOf(Release release, SlotState? live)
    {
        var hashes = WorkloadIdentity.HashesOf(release);
        var liveHashes = live is null ? new Dictionary<string, string>() : WorkloadIdentity.HashesOf(live.Release);
        return hashes.ToDictionary(p => p.Key, p => liveHashes.TryGetValue(p.Key, out var same) && same == p.Value ? live!.Origins[p.Key] : release.Number);
    }

    static bool IsExclusive(string service, IReadOnlyList<SlotState> staying) =>
        staying.Select(s => s.Release.Model.Find(service)).OfType<ServiceModel>().Any(IsExclusive);

    /// <summary>The slot whose version of the service runs for <paramref name="slot"/>: its own, but of an exclusive one the holder's.</summary>
    static SlotState OwnerOf(ServiceModel service, SlotState slot, IReadOnlyList<SlotState> staying, Slot? holder) =>
        IsExclusive(service.Name, staying)
            ? staying.FirstOrDefault(s => s.Slot == holder && s.Release.Model.Find(service.Name) is not null) ?? slot
            : slot;

    static PlannedWorkload Make(
        SlotState owner, ServiceModel service, Slot slot, WorkloadKey key, int replicas, IReadOnlyList<WorkloadNetwork> networks, string registry, bool exclusive) => new()
    {
        Service = service,
        Owner = owner.Slot,
        Release = owner.Release.Number,
        Slots = [slot],
        IsExclusive = exclusive,
        Workload = new Workload
        {
            App = owner.Release.App,
            Service = service.Name,
            Release = owner.Origins[service.Name],
            Hash = key.Hash,
            Image = FullImage(owner.Release.Images[service.Name], registry),
            Container = Introduced(service, owner, owner.Origins[service.Name]),
            Replicas = replicas,
            Networks = networks,
            NetworkMode = service.NetworkMode,
            Volumes = VolumesOf(owner.Release.Model, service),
            Ports = EnginePorts(service),
            Static = service.Release.Static,
        },
    };

    /// <summary>
    /// What an instance may want to know of itself. Not part of its identity: a workload that is carried over keeps what it was started with.
    /// What the file sets by the same name wins.
    /// </summary>
    /// <param name="release">That brought it in.</param>
    /// <param name="job">The name of the job that it is; null: none.</param>
    public static ContainerSpec Introduced(ServiceModel service, SlotState owner, int release, string? job = null)
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["SLIPWAY_APP"] = owner.Release.App.Value,
            ["SLIPWAY_SERVICE"] = service.Name,
            ["SLIPWAY_RELEASE"] = $"v{release}",
            ["SLIPWAY_SLOT"] = owner.Slot.Name,
        };
        if (job is not null) environment["SLIPWAY_JOB"] = job;
        foreach (var (name, value) in service.Container.Environment) environment[name] = value;
        return service.Container with { Environment = environment };
    }

    static PlannedWorkload Join(PlannedWorkload known, Slot slot, IReadOnlyList<WorkloadNetwork> networks, int replicas) => known with
    {
        Slots = [.. known.Slots.Append(slot).Distinct()],
        Workload = known.Workload with
        {
            Networks = [.. known.Workload.Networks.Concat(networks).DistinctBy(n => n.Name)],
            Replicas = Math.Max(known.Workload.Replicas, replicas),
        },
    };

    /// <summary>
    /// A shared instance stays in the networks of a slot that is being cleared until its other instances are gone: requests that reached
    /// it by its address there are still in flight.
    /// </summary>
    static void KeepAttached(StoredApp stored, Dictionary<Slot, IReadOnlyDictionary<string, string>> hashes, List<PlannedWorkload> workloads)
    {
        foreach (var slot in stored.Slots.Where(s => s.Leaving == Leaving.Draining))
            for (var i = 0; i < workloads.Count; i++)
                if (slot.Release.Model.Find(workloads[i].Service.Name) is { } service && hashes[slot.Slot][service.Name] == workloads[i].Workload.Hash)
                    workloads[i] = workloads[i] with
                    {
                        Workload = workloads[i].Workload with
                        {
                            Networks = [.. workloads[i].Workload.Networks.Concat(NetworksOf(stored.App, slot.Slot, slot.Release.Model, service)).DistinctBy(n => n.Name)],
                        },
                    };
    }

    public static IReadOnlyList<VolumeModel> VolumesOf(AppModel model, ServiceModel service) =>
        [.. model.Volumes.Where(v => service.Container.Mounts.Any(m => m.Kind == MountKind.Volume && m.Source == v.Name))];

    public static IReadOnlyList<WorkloadNetwork> NetworksOf(AppName app, Slot slot, AppModel model, ServiceModel service)
    {
        if (service.NetworkMode is not null || service.Release.Static is not null) return [];
        IReadOnlyList<NetworkAttachment> attachments = service.Networks.Count > 0 ? service.Networks : [new NetworkAttachment { Network = "default" }];
        return [.. attachments.Select(attachment =>
        {
            var definition = model.Networks.FirstOrDefault(n => n.Key == attachment.Network) ?? new NetworkModel { Key = attachment.Network };
            return new WorkloadNetwork
            {
                Name = definition.External ? definition.Name ?? definition.Key : NetworkName(app, slot, definition.Key),
                Aliases = [.. attachment.Aliases.Prepend(service.Name).Distinct()],
                Definition = definition,
            };
        })];
    }

    /// <summary>guestbook/web@sha256:… is in our registry; an image with a registry's name before it is taken as it is.</summary>
    public static string FullImage(string image, string registry)
    {
        var first = image.Split('/')[0];
        return image.Contains('/', StringComparison.Ordinal) && (first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost")
            ? image : $"{registry}/{image}";
    }
}
