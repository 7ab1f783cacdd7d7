using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Pipelines.Images;

/// <summary>Brings images from the engine into our own registry. Thread-safe.</summary>
public sealed class ImageShipper
{
    readonly DockerImages _images;
    readonly OwnRegistry _registry;
    readonly TimeProvider _time;

    internal ImageShipper(DockerImages images, OwnRegistry registry, TimeProvider time) => (_images, _registry, _time) = (images, registry, time);

    /// <summary>Pushes the image as APP/SERVICE, or finds that the registry has it already, and returns repository and digest: guestbook/web@sha256:...</summary>
    /// <param name="image">What the engine has.</param>
    /// <param name="tag">Names the push in the registry; a second one of the same image gets no tag of its own.</param>
    /// <exception cref="EngineException">The push failed; the message names the service.</exception>
    public async Task<string> Ship(AppName app, string service, ImageFacts image, string tag, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        var repository = ImageNames.Repository(app, service);
        var name = _registry.Name(repository);
        if (await FindShipped(repository, name, image, cancel) is { } known) return known;
        try
        {
            await _images.Tag(image.Id, name, tag, cancel);
            var digest = await _images.Push(name, tag, _registry.Credential, cancel);
            var shipped = $"{repository}@{digest}";
            events.Report(new RolloutEvent.Pushed { Time = _time.GetUtcNow(), Service = service, Image = shipped });
            return shipped;
        }
        catch (EngineException failure) when (DiskSpace.IsMissing(failure))
        {
            throw DiskSpace.Explain($"pushing the image of {service} to the registry", failure);
        }
        catch (EngineException failure)
        {
            throw new EngineException(failure.Status, $"The image of {service} could not be pushed to {name}: {failure.Message.Trim()}", failure);
        }
    }

    /// <summary>The engine remembers what it pushed; that the registry still has it, only the registry knows.</summary>
    async Task<string?> FindShipped(string repository, string name, ImageFacts image, CancellationToken cancel)
    {
        foreach (var pushed in image.Digests)
        {
            if (!pushed.StartsWith(name + "@", StringComparison.Ordinal)) continue;
            var digest = pushed[(name.Length + 1)..];
            try
            {
                if (await _registry.Has(repository, digest, cancel)) return $"{repository}@{digest}";
            }
            catch (Exception unheard) when (unheard is HttpRequestException || (unheard is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                // The push will tell, with the engine's words, what is wrong with the registry.
                return null;
            }
        }
        return null;
    }
}
