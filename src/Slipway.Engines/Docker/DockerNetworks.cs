using System.Net;
using System.Net.Http.Json;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>The networks of workloads: made, attached, detached and swept.</summary>
sealed class DockerNetworks(DockerClient client, IPNetwork pool) : IDisposable
{
    /// <summary>Subnets that are tried, where each turns out to be taken.</summary>
    const int Tries = 64;

    /// <summary>The engine lets two networks have one name when they are made at the same time: here they are made one after another.</summary>
    readonly SemaphoreSlim _making = new(1, 1);

    /// <summary>Makes what is missing, and gives the identifier of each of the workload's networks, in their order.</summary>
    public async Task<IReadOnlyList<string>> Ensure(Workload workload, CancellationToken cancel)
    {
        var ids = new List<string>(workload.Networks.Count);
        foreach (var network in workload.Networks) ids.Add(await Ensure(workload, network, cancel));
        return ids;
    }

    /// <summary>Attaches the container to what the workload names, and detaches it from the app's slot networks that it does not name.</summary>
    public async Task Attach(ContainerInspection container, Workload workload, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var attached = container.NetworkSettings.Networks ?? [];
        for (var i = 0; i < workload.Networks.Count; i++)
        {
            var wanted = workload.Networks[i];
            if (attached.GetValueOrDefault(wanted.Name) is { } endpoint)
            {
                if (endpoint.NetworkID == ids[i] && wanted.Aliases.All(alias => endpoint.Aliases?.Contains(alias) is true)) continue;
                // Another network of this name (it was removed and made again), or other aliases.
                await Disconnect(wanted.Name, container.Id, cancel);
            }
            await Connect(ids[i], container.Id, wanted.Aliases, cancel);
        }
        var prefix = DockerLabels.NetworkPrefix(workload.App);
        foreach (var (name, _) in attached)
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !workload.Networks.Any(network => network.Name == name)) await Disconnect(name, container.Id, cancel);
    }

    /// <summary>Attaches a container that was just made in the first network to the others.</summary>
    public async Task AttachRest(string container, Workload workload, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        for (var i = 1; i < ids.Count; i++) await Connect(ids[i], container, workload.Networks[i].Aliases, cancel);
    }

    /// <summary>Removes the app's networks (of one slot) to which no container is attached; stopped ones count, since they may be started again.</summary>
    public async Task Sweep(AppName app, Slot? slot, CancellationToken cancel)
    {
        string[] labels = slot is { } one ? [DockerLabels.Of(app), $"{DockerLabels.Slot}={one.Name}"] : [DockerLabels.Of(app)];
        foreach (var network in await client.Get($"/networks?{DockerLabels.Filters(("label", labels))}", DockerJson.Default.IReadOnlyListNetworkListed, cancel))
        {
            var attached = await client.Get($"/containers/json?all=1&{DockerLabels.Filters(("network", [network.Id]))}", DockerJson.Default.IReadOnlyListContainerListed, cancel);
            if (attached.Count > 0) continue;
            try
            {
                await client.TryDo(HttpMethod.Delete, $"/networks/{network.Id}", cancel);
            }
            catch (EngineException busy) when (busy.Status is 403 or 409)
            {
                // Something was attached in between: then it is in use, and stays.
            }
        }
    }

    public void Dispose() => _making.Dispose();

    async Task<string> Ensure(Workload workload, WorkloadNetwork network, CancellationToken cancel)
    {
        if (await Find(network.Name, cancel) is { } there) return there;
        if (network.Definition.External)
            throw new EngineException(404, $"The external network '{network.Name}' of {workload.App}/{workload.Service} does not exist on the engine. "
                + $"Make it (docker network create {network.Name}), or take 'external: true' away.");
        await _making.WaitAsync(cancel);
        try
        {
            if (await Find(network.Name, cancel) is { } meanwhile) return meanwhile;
            return await Create(Creation(workload.App, network), cancel);
        }
        catch (EngineException conflict) when (conflict.Status == 409)
        {
            // Another process made it just now.
            return await Find(network.Name, cancel) ?? throw new EngineException(409, conflict.Message, conflict);
        }
        finally
        {
            _making.Release();
        }
    }

    async Task<string> Create(NetworkCreation creation, CancellationToken cancel)
    {
        try
        {
            return (await client.Post("/networks/create", creation, DockerJson.Default.NetworkCreation, DockerJson.Default.NetworkCreated, cancel)).Id;
        }
        catch (EngineException full) when (creation.Ipam is null && AddressPool.IsExhausted(full))
        {
            return await CreateFromPool(creation, full, cancel);
        }
    }

    /// <summary>With a subnet of our choice. One that somebody takes in between, or that the engine knows more of than we do, is passed over.</summary>
    async Task<string> CreateFromPool(NetworkCreation creation, EngineException full, CancellationToken cancel)
    {
        var there = await client.Get("/networks", DockerJson.Default.IReadOnlyListNetworkListed, cancel);
        var taken = there.SelectMany(network => network.Ipam?.Config ?? []).Select(config => IPNetwork.TryParse(config.Subnet, out var subnet) ? subnet : (IPNetwork?)null).OfType<IPNetwork>().ToList();
        // Of an engine on another machine the routes are not known; it refuses those that it has itself.
        if (client.Address.StartsWith("unix:", StringComparison.Ordinal)) taken.AddRange(AddressPool.Routes());
        foreach (var subnet in AddressPool.Free(pool, taken).Take(Tries))
        {
            try
            {
                return await Create(creation with { Ipam = new NetworkAddresses { Config = [new NetworkSubnet { Subnet = subnet.ToString() }] } }, cancel);
            }
            catch (EngineException overlaps) when (AddressPool.IsTaken(overlaps))
            {
                // The next one.
            }
        }
        throw new EngineException(full.Status, $"There are no addresses left for the network {creation.Name}: the engine has {there.Count} networks, and {pool}, from which Slipway takes more, has none that is free. "
            + "Remove apps or networks that nobody needs (docker network prune), or set 'networks' in DATA/slipway.yaml to a larger range that your machines do not use.", full);
    }

    /// <summary>The filter finds parts of names too. Where two networks have the name, everyone takes the same one.</summary>
    async Task<string?> Find(string name, CancellationToken cancel)
    {
        var found = await client.Get($"/networks?{DockerLabels.Filters(("name", [name]))}", DockerJson.Default.IReadOnlyListNetworkListed, cancel);
        return found.Where(network => network.Name == name).Select(network => network.Id).Min(StringComparer.Ordinal);
    }

    async Task Connect(string network, string container, IReadOnlyList<string> aliases, CancellationToken cancel)
    {
        var body = new NetworkConnection { Container = container, EndpointConfig = aliases.Count == 0 ? null : new() { Aliases = aliases } };
        try
        {
            await client.Do(HttpMethod.Post, $"/networks/{network}/connect", JsonContent.Create(body, DockerJson.Default.NetworkConnection), cancel);
        }
        catch (EngineException already) when (already.Status == 403 && already.Message.Contains("already exists", StringComparison.Ordinal))
        {
            // Connected before a crash, or by a call at the same time.
        }
    }

    /// <summary>By force: the endpoint goes away also where the network does not answer. No error when container or network are gone or not connected.</summary>
    async Task Disconnect(string network, string container, CancellationToken cancel)
    {
        var body = new NetworkDisconnection { Container = container, Force = true };
        try
        {
            await client.Do(HttpMethod.Post, $"/networks/{Uri.EscapeDataString(network)}/disconnect", JsonContent.Create(body, DockerJson.Default.NetworkDisconnection), cancel);
        }
        catch (EngineException gone) when (gone.Status == 404 || gone.Message.Contains("is not connected", StringComparison.Ordinal))
        {
            // What was to be reached is so.
        }
    }

    static NetworkCreation Creation(AppName app, WorkloadNetwork network) => new()
    {
        Name = network.Name,
        Driver = network.Definition.Driver,
        Options = network.Definition.DriverOptions.Count == 0 ? null : network.Definition.DriverOptions,
        Internal = network.Definition.Internal,
        EnableIPv6 = network.Definition.EnableIpv6,
        Labels = Labels(app, network),
    };

    static Dictionary<string, string> Labels(AppName app, WorkloadNetwork network)
    {
        var labels = new Dictionary<string, string>(network.Definition.Labels) { [DockerLabels.App] = app.Value };
        if (DockerLabels.SlotOf(app, network.Name) is { } slot) labels[DockerLabels.Slot] = slot;
        return labels;
    }
}
