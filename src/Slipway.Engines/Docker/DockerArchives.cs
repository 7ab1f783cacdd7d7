using System.Globalization;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>Files of images, by way of a container that is made for that and never started.</summary>
sealed class DockerArchives(DockerClient client)
{
    /// <summary>The longest that one is read, and from when on one that is left is nobody's any more: a server was killed in the middle.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(10), Abandoned = TimeSpan.FromMinutes(15);

    static readonly TimeSpan RemovalLimit = TimeSpan.FromSeconds(30);

    /// <exception cref="EngineException">404: the image has no such folder.</exception>
    public async Task Read(string image, string folder, Func<Stream, CancellationToken, Task> read, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        await RemoveAbandoned(limit.Token);
        var id = await Make(image, limit.Token);
        try
        {
            await ReadFrom(id, image, folder, read, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new EngineException(0, string.Create(CultureInfo.InvariantCulture, $"{folder} of {image} was not read within {Longest.TotalMinutes:0} minutes."));
        }
        finally
        {
            // Also where the caller has given up: it would be left.
            using var removal = new CancellationTokenSource(RemovalLimit);
            await client.TryDo(HttpMethod.Delete, $"/containers/{id}?v=1&force=1", removal.Token);
        }
    }

    async Task ReadFrom(string id, string image, string folder, Func<Stream, CancellationToken, Task> read, CancellationToken cancel)
    {
        try
        {
            // With /. behind it the names in the archive begin there, and a root that is itself a link is followed.
            using var answer = await client.Send(HttpMethod.Get, $"/containers/{id}/archive?path={Uri.EscapeDataString(folder.TrimEnd('/') + "/.")}", null, cancel);
            await using var tar = await answer.Content.ReadAsStreamAsync(cancel);
            await read(tar, cancel);
        }
        catch (EngineException missing) when (missing.Status == 404 || missing.Message.Contains("not a directory", StringComparison.OrdinalIgnoreCase))
        {
            throw new EngineException(404, missing.Status == 404 ? $"The image {image} has no folder {folder}." : $"{folder} of the image {image} is no folder.", missing);
        }
        catch (HttpIOException broken)
        {
            throw client.Lost(broken);
        }
    }

    async Task<string> Make(string image, CancellationToken cancel) =>
        (await client.Post("/containers/create", new ContainerCreation
        {
            Image = image,
            // An image of files alone has no command, and the engine wants one; it is never run.
            Cmd = ["-"],
            Labels = new Dictionary<string, string> { [DockerLabels.Reader] = "" },
            HostConfig = new HostConfig { NetworkMode = "none", RestartPolicy = new RestartPolicy("no", null) },
        }, DockerJson.Default.ContainerCreation, DockerJson.Default.ContainerCreated, cancel)).Id;

    async Task RemoveAbandoned(CancellationToken cancel)
    {
        var listed = await client.Get($"/containers/json?all=1&{DockerLabels.Filters(("label", [DockerLabels.Reader]))}", DockerJson.Default.IReadOnlyListContainerListed, cancel);
        foreach (var container in listed)
            if (DateTimeOffset.FromUnixTimeSeconds(container.Created) + Abandoned < TimeProvider.System.GetUtcNow())
                await client.TryDo(HttpMethod.Delete, $"/containers/{container.Id}?v=1&force=1", cancel);
    }
}
