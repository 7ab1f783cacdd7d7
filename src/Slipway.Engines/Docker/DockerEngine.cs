using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>Workloads on one Docker Engine (or Podman's Docker-compatible socket): an instance is a container.</summary>
/// <param name="credential">How the engine proves itself to the registry of an image, given the image's reference; null for no proof.</param>
/// <param name="pool">Where networks get their addresses when the engine has none left: of IPv4, with a prefix of 22 at most.</param>
public sealed class DockerEngine(DockerClient client, Func<string, RegistryCredential?> credential, IPNetwork? pool = null) : IEngine, IDisposable
{
    /// <summary>1,024 networks, in a part of 10.0.0.0/8 that few use.</summary>
    public static readonly IPNetwork DefaultPool = IPNetwork.Parse("10.208.0.0/12");

    /// <summary>Containers that one call starts, or asks about, at the same time.</summary>
    const int Starting = 4, Asking = 8;

    /// <summary>What may change an instance. Health checks run as execs, each with three events of its own that say nothing: left out.</summary>
    static readonly string[] Telling =
        ["create", "start", "restart", "die", "stop", "kill", "oom", "pause", "unpause", "rename", "update", "destroy", "health_status"];

    readonly DockerImages _images = new(client);
    readonly DockerNetworks _networks = new(client, pool ?? DefaultPool);
    readonly DockerVolumes _volumes = new(client);
    readonly DockerLogs _logs = new(client);

    public string Kind => "docker";

    public async Task<EngineStatus> Status(CancellationToken cancel)
    {
        var api = await client.NegotiateVersion(cancel);
        var version = await client.Get("/version", DockerJson.Default.VersionAnswer, cancel);
        var info = await client.Get("/info", DockerJson.Default.InfoAnswer, cancel);
        return new()
        {
            Version = version.Product,
            ApiVersion = api,
            OperatingSystem = info.OperatingSystem ?? "",
            Cpus = info.NCPU,
            Memory = info.MemTotal,
            DataFolder = info.DockerRootDir,
            Address = client.Address,
        };
    }

    /// <exception cref="EngineException">Neither the engine nor the registry has it.</exception>
    public async Task<ImageFacts> Prepare(string image, CancellationToken cancel)
    {
        if (await _images.Find(image, cancel) is { } there) return there;
        await _images.Pull(image, credential(image), cancel);
        return await _images.Find(image, cancel) ?? throw new EngineException(0, $"The engine pulled {image} and does not have it.");
    }

    public async Task Apply(Workload workload, CancellationToken cancel)
    {
        if (workload.Replicas == 0) return;
        var networks = workload.NetworkMode is null ? await _networks.Ensure(workload, cancel) : [];
        await _volumes.Ensure(workload, cancel);
        var instances = new DockerInstances(client, _images, _networks);
        await Parallel.ForEachAsync(
            Enumerable.Range(1, workload.Replicas),
            new ParallelOptions { MaxDegreeOfParallelism = Starting, CancellationToken = cancel },
            async (index, stop) => await instances.Bring(workload, index, networks, token => Prepare(workload.Image, token), stop));
    }

    public async Task Make(Workload job, CancellationToken cancel)
    {
        var networks = job.NetworkMode is null ? await _networks.Ensure(job, cancel) : [];
        await _volumes.Ensure(job, cancel);
        await new DockerInstances(client, _images, _networks).MakeJob(job, networks, token => Prepare(job.Image, token), cancel);
    }

    public Task StartOnce(string instance, CancellationToken cancel) => new DockerInstances(client, _images, _networks).StartOnce(instance, cancel);

    public async Task<IReadOnlyList<Instance>> Observe(AppName? app, CancellationToken cancel)
    {
        var listed = await client.Get($"/containers/json?all=1&{DockerLabels.Filters(("label", [DockerLabels.Of(app)]))}", DockerJson.Default.IReadOnlyListContainerListed, cancel);
        var found = new ConcurrentBag<Instance>();
        await Parallel.ForEachAsync(listed, new ParallelOptions { MaxDegreeOfParallelism = Asking, CancellationToken = cancel }, async (container, stop) =>
        {
            // Null: gone since it was listed.
            var inspected = await client.Find($"/containers/{container.Id}/json", DockerJson.Default.ContainerInspection, stop);
            if (inspected?.ToInstance() is { } instance) found.Add(instance);
        });
        return [.. found.OrderBy(i => i.App).ThenBy(i => i.Service, StringComparer.Ordinal).ThenBy(i => i.Release).ThenBy(i => i.Index)];
    }

    public async Task Stop(string instance, CancellationToken cancel) =>
        await client.TryDo(HttpMethod.Post, $"/containers/{Uri.EscapeDataString(instance)}/stop", cancel);

    public Task Remove(string instance, CancellationToken cancel) => new DockerInstances(client, _images, _networks).Remove(instance, cancel);

    public async Task Sweep(AppName app, Slot? slot, bool volumes, CancellationToken cancel)
    {
        await _networks.Sweep(app, slot, cancel);
        if (volumes) await _volumes.Sweep(app, cancel);
    }

    public IAsyncEnumerable<LogLine> Logs(Instance instance, LogQuery query, CancellationToken cancel) => _logs.Read(instance, query, cancel);

    public async IAsyncEnumerable<EngineEvent> Watch([EnumeratorCancellation] CancellationToken cancel)
    {
        var filters = DockerLabels.Filters(("type", ["container"]), ("label", [DockerLabels.App]), ("event", Telling));
        using var answer = await client.Send(HttpMethod.Get, $"/events?{filters}", null, cancel);
        await using var messages = client.ReadMessages(answer, DockerJson.Default.EventMessage, cancel).GetAsyncEnumerator(cancel);
        while (await Next(messages))
            if (messages.Current is { Actor: { ID: { } id, Attributes: { } attributes }, Action: { } action }
                && AppName.TryParse(attributes.GetValueOrDefault(DockerLabels.App), out var app))
                yield return new EngineEvent(app, id, action);
    }

    /// <summary>Room on the disk that holds the engine's images and volumes; null where the engine is on another machine or hides its folder.</summary>
    public EngineDisk? Disk(EngineStatus status) =>
        client.Address.StartsWith("unix://", StringComparison.Ordinal) && status.DataFolder is { } folder ? EngineDisk.Of(folder) : null;

    public void Dispose() => _networks.Dispose();

    /// <summary>A broken connection ends the watch, as its contract says; the caller begins another one and learns there whether an engine answers.</summary>
    static async Task<bool> Next(IAsyncEnumerator<EventMessage> messages)
    {
        try
        {
            return await messages.MoveNextAsync();
        }
        catch (EngineUnavailableException)
        {
            return false;
        }
    }
}
