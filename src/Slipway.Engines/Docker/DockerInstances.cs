using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>Brings one instance of a workload up from whatever state it is in.</summary>
sealed class DockerInstances(DockerClient client, DockerImages images, DockerNetworks networks)
{
    readonly PortConflict _ports = new(client);

    /// <param name="ids">The engine's identifiers of the workload's networks.</param>
    /// <param name="prepare">Brings the workload's image onto the engine.</param>
    /// <exception cref="EngineException">
    /// It can't be made or started. One that was made and can't be started stays, with the reason, as an instance to be observed; only where a port
    /// is taken is it removed again.
    /// </exception>
    public async Task Bring(Workload workload, int index, IReadOnlyList<string> ids, Func<CancellationToken, Task> prepare, CancellationToken cancel)
    {
        var name = DockerLabels.InstanceName(workload, index);
        var there = await client.Find($"/containers/{name}/json", DockerJson.Default.ContainerInspection, cancel);
        if (there?.State.Status is "dead" or "removing")
        {
            RequireOurs(workload, name, there);
            await Remove(there.Id, cancel);
            there = null;
        }
        if (there is null && await Make(workload, index, name, ids, prepare, cancel)) return;
        // Not made: a call of a server that was killed meanwhile came first.
        there ??= await client.Get($"/containers/{name}/json", DockerJson.Default.ContainerInspection, cancel);
        RequireOurs(workload, name, there);
        if (workload.Networks.Count > 0) await networks.Attach(there, workload, ids, cancel);
        if (there.State.Status is "created" or "exited") await Start(there.Id, workload, removeOnConflict: there.State.Status == "created", cancel);
    }

    /// <summary>Makes a job's container, and leaves it as it is where there is one.</summary>
    public async Task MakeJob(Workload job, IReadOnlyList<string> ids, Func<CancellationToken, Task> prepare, CancellationToken cancel)
    {
        var name = DockerLabels.InstanceName(job, 1);
        var there = await client.Find($"/containers/{name}/json", DockerJson.Default.ContainerInspection, cancel);
        if (there is null && await Create(job, 1, name, ids, prepare, cancel) is not null) return;
        there ??= await client.Get($"/containers/{name}/json", DockerJson.Default.ContainerInspection, cancel);
        RequireOurs(job, name, there);
        // A server that was killed may have made it and not come to its other networks.
        if (there.State.Status == "created" && job.Networks.Count > 0) await networks.Attach(there, job, ids, cancel);
    }

    /// <summary>Starts a container that never ran. The engine says "created" of such a one alone, also where a start failed.</summary>
    public async Task StartOnce(string instance, CancellationToken cancel)
    {
        var path = $"/containers/{Uri.EscapeDataString(instance)}";
        if (await client.Find($"{path}/json", DockerJson.Default.ContainerInspection, cancel) is not { State.Status: "created" } made) return;
        try
        {
            await client.TryDo(HttpMethod.Post, $"{path}/start", cancel);
        }
        catch (EngineException refused)
        {
            throw new EngineException(refused.Status, $"{made.Name.TrimStart('/')} can't be started: {refused.Message}", refused);
        }
    }

    /// <summary>No error when it is gone; waits where its removal is going on.</summary>
    public async Task Remove(string instance, CancellationToken cancel)
    {
        var path = $"/containers/{Uri.EscapeDataString(instance)}";
        try
        {
            await client.TryDo(HttpMethod.Delete, $"{path}?v=1&force=1", cancel);
        }
        catch (EngineException running) when (running.Status == 409 && running.Message.Contains("already in progress", StringComparison.Ordinal))
        {
            await client.TryDo(HttpMethod.Post, $"{path}/wait?condition=removed", cancel);
        }
    }

    /// <summary>Makes and starts it; false where one of its name exists.</summary>
    async Task<bool> Make(Workload workload, int index, string name, IReadOnlyList<string> ids, Func<CancellationToken, Task> prepare, CancellationToken cancel)
    {
        if (await Create(workload, index, name, ids, prepare, cancel) is not { } id) return false;
        await Start(id, workload, removeOnConflict: true, cancel);
        return true;
    }

    /// <summary>Makes it, in all its networks; null where one of its name exists.</summary>
    async Task<string?> Create(Workload workload, int index, string name, IReadOnlyList<string> ids, Func<CancellationToken, Task> prepare, CancellationToken cancel)
    {
        string id;
        try
        {
            id = await CreatePrepared(workload, index, name, ids, prepare, cancel);
        }
        catch (EngineException taken) when (taken.Status == 409 && taken.Message.Contains("is already in use by container", StringComparison.Ordinal))
        {
            return null;
        }
        catch (EngineException refused)
        {
            throw new EngineException(refused.Status, $"{workload.App}/{workload.Service} can't be made: {refused.Message}", refused);
        }
        await networks.AttachRest(id, workload, ids, cancel);
        return id;
    }

    async Task<string> CreatePrepared(
        Workload workload, int index, string name, IReadOnlyList<string> ids, Func<CancellationToken, Task> prepare, CancellationToken cancel)
    {
        try
        {
            return await Create(workload, index, name, ids, cancel);
        }
        catch (EngineException missing) when (missing.Status == 404 && missing.Message.Contains("No such image", StringComparison.OrdinalIgnoreCase))
        {
            // Removed from the engine since it was prepared.
            await prepare(cancel);
            return await Create(workload, index, name, ids, cancel);
        }
    }

    async Task<string> Create(Workload workload, int index, string name, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var clearsCommandOnly = workload.Container is { Command.Count: 0, Entrypoint: null };
        var entrypoint = clearsCommandOnly ? await images.Entrypoint(workload.Image, cancel) : null;
        var api = Version.Parse(await client.NegotiateVersion(cancel));
        var body = ContainerMapping.Create(workload, index, ids.Count > 0 ? ids[0] : null, entrypoint, api);
        var platform = workload.Container.Platform is { } wanted ? $"&platform={Uri.EscapeDataString(wanted)}" : "";
        return (await client.Post($"/containers/create?name={name}{platform}", body, DockerJson.Default.ContainerCreation, DockerJson.Default.ContainerCreated, cancel)).Id;
    }

    async Task Start(string id, Workload workload, bool removeOnConflict, CancellationToken cancel)
    {
        try
        {
            await client.Do(HttpMethod.Post, $"/containers/{id}/start", null, cancel);
        }
        catch (EngineException refused)
        {
            if (await _ports.Explain(refused, workload, cancel) is not { } conflict)
                throw new EngineException(refused.Status, $"{workload.App}/{workload.Service} can't be started: {refused.Message}", refused);
            if (removeOnConflict) await Remove(id, cancel);
            throw conflict;
        }
    }

    static void RequireOurs(Workload workload, string name, ContainerInspection there)
    {
        var instance = there.ToInstance();
        if (instance is null || instance.App != workload.App)
            throw new EngineException(409, $"The container '{name}' exists on the engine and is not Slipway's. Remove or rename it (docker rename {name} NEW).");
        if (instance.Hash != workload.Hash)
            throw new EngineException(409, $"The instance '{name}' exists with another content: it runs workload {instance.Hash}, wanted is {workload.Hash}. It must be removed first.");
    }
}
