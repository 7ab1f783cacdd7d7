using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Pipelines.Images;

/// <summary>Makes the images of an app's release: builds, fetches, ships. Thread-safe.</summary>
public sealed class AppImages
{
    /// <summary>More builds at once only take each other's CPU and disk.</summary>
    const int ParallelBuilds = 2;

    readonly ImageBuilder _builder;
    readonly BaseImages _bases;
    readonly ImageShipper _shipper;
    readonly TimeProvider _time;

    internal AppImages(ImageBuilder builder, BaseImages bases, ImageShipper shipper, TimeProvider time) =>
        (_builder, _bases, _shipper, _time) = (builder, bases, shipper, time);

    /// <summary>
    /// Builds what has <c>build</c>, fetches the images of the rest, and ships each into our registry. Services with the same build or image share one.
    /// The first failure ends the others. May be repeated after a crash: what is built and shipped already costs next to nothing.
    /// </summary>
    /// <param name="rollout">Names the push: tag rollout-12.</param>
    /// <param name="noCache">Build every step anew.</param>
    /// <returns>For each service its image.</returns>
    /// <exception cref="InvalidInputException">What <see cref="ImageBuilder.Build"/> and <see cref="BaseImages.Provide"/> say of bad input, with the service.</exception>
    /// <exception cref="EngineException">The engine or the registry failed; the message names the service.</exception>
    /// <exception cref="EngineUnavailableException">No engine answers.</exception>
    public async Task<IReadOnlyDictionary<string, MadeImage>> Make(AppModel model, long rollout, bool noCache, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        var made = new ConcurrentDictionary<string, MadeImage>(StringComparer.Ordinal);
        var tag = "rollout-" + rollout.ToString(CultureInfo.InvariantCulture);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelBuilds, CancellationToken = cancel };
        await Parallel.ForEachAsync(Groups(model), parallel, async (services, stop) =>
        {
            var facts = await Get(services[0], noCache, events, stop);
            foreach (var service in services)
                made[service.Name] = new MadeImage { Image = await _shipper.Ship(model.Name, service.Name, facts, tag, events, stop), Facts = facts };
        });
        return made;
    }

    async Task<ImageFacts> Get(ServiceModel service, bool noCache, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        if (service.Build is { } build) return await _builder.Build(service.Name, noCache ? build with { NoCache = true } : build, EngineTag(service), events, cancel);

        var key = $"services.{service.Name}.image";
        if (!ImageReference.TryParse(service.Image, out var reference))
            throw new InvalidInputException(new Diagnostic { Key = key, Message = $"'{service.Image}' is no image", Found = service.Image, Expected = "[registry/]repository[:tag][@digest] in lower case" });
        try
        {
            return await _bases.Provide(reference, refresh: false, sentence => Say(service.Name, sentence, events), cancel);
        }
        catch (InvalidInputException nowhere)
        {
            throw new InvalidInputException([.. nowhere.Diagnostics.Select(d => d with { Key = key })]);
        }
    }

    /// <summary>Services that share an image, the one that builds it first. An <c>image</c> that another service's build makes is that build's.</summary>
    static IEnumerable<IReadOnlyList<ServiceModel>> Groups(AppModel model)
    {
        var builders = model.Services
            .Where(service => service.Build is not null && EngineTag(service) is not null)
            .DistinctBy(EngineTag)
            .ToDictionary(service => EngineTag(service)!, BuildKey, StringComparer.Ordinal);
        return model.Services
            .OrderBy(service => service.Build is null)
            .GroupBy(Key, StringComparer.Ordinal)
            .Select(group => group.ToList());

        string Key(ServiceModel service)
        {
            if (service.Build is not null) return BuildKey(service);
            return Name(service) is { } name ? builders.GetValueOrDefault(name, $"image {name}") : $"image {service.Image}";
        }
    }

    static string BuildKey(ServiceModel service) => $"build {JsonSerializer.Serialize(service.Build!, ModelJson.Default.BuildModel)} as {EngineTag(service)}";

    /// <summary>A built image is named on the engine as Compose names it: by the service's <c>image</c>.</summary>
    static string? EngineTag(ServiceModel service) => service.Build is null ? null : Name(service);

    static string? Name(ServiceModel service) => ImageReference.TryParse(service.Image, out var reference) && reference.Digest is null ? reference.Familiar : null;

    void Say(string service, string sentence, IProgress<RolloutEvent> events) =>
        events.Report(new RolloutEvent.Note { Time = _time.GetUtcNow(), Text = $"{service}: {sentence}" });
}
