using System.Net.Http.Json;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>The named volumes of workloads.</summary>
sealed class DockerVolumes(DockerClient client)
{
    /// <summary>Makes what is missing. A volume that is there is taken as it is: making one again changes nothing.</summary>
    public async Task Ensure(Workload workload, CancellationToken cancel)
    {
        foreach (var volume in workload.Volumes)
        {
            if (volume.External) await RequireExternal(workload, volume, cancel);
            else await client.Do(HttpMethod.Post, "/volumes/create", JsonContent.Create(Creation(workload.App, volume), DockerJson.Default.VolumeCreation), cancel);
        }
    }

    /// <summary>Removes the volumes that were made for the app.</summary>
    /// <exception cref="EngineException">A container still uses one (409).</exception>
    public async Task Sweep(AppName app, CancellationToken cancel)
    {
        var found = await client.Get($"/volumes?{DockerLabels.Filters(("label", [DockerLabels.Of(app)]))}", DockerJson.Default.VolumeList, cancel);
        foreach (var volume in found.Volumes ?? []) await client.TryDo(HttpMethod.Delete, $"/volumes/{Uri.EscapeDataString(volume.Name)}", cancel);
    }

    async Task RequireExternal(Workload workload, VolumeModel volume, CancellationToken cancel)
    {
        if (await client.Find($"/volumes/{Uri.EscapeDataString(volume.Name)}", DockerJson.Default.VolumeListed, cancel) is null)
            throw new EngineException(404, $"The external volume '{volume.Name}' of {workload.App}/{workload.Service} does not exist on the engine. "
                + $"Make it (docker volume create {volume.Name}), or take 'external: true' away.");
    }

    static VolumeCreation Creation(AppName app, VolumeModel volume) => new()
    {
        Name = volume.Name,
        Driver = volume.Driver,
        DriverOpts = volume.DriverOptions.Count == 0 ? null : volume.DriverOptions,
        Labels = new Dictionary<string, string>(volume.Labels) { [DockerLabels.App] = app.Value },
    };
}

/// <summary>Body of VolumeCreate.</summary>
sealed record VolumeCreation
{
    public required string Name { get; init; }

    public string? Driver { get; init; }

    public IReadOnlyDictionary<string, string>? DriverOpts { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }
}

sealed record VolumeList
{
    public IReadOnlyList<VolumeListed>? Volumes { get; init; }
}

sealed record VolumeListed
{
    public required string Name { get; init; }
}
