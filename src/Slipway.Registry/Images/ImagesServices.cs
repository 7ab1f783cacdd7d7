using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Images.Diffs;
using Slipway.Registry.Manifests;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

static class ImagesServices
{
    public static IServiceCollection AddImageBrowsing(this IServiceCollection services) => services
        .AddSingleton<ConfigReader>()
        .AddSingleton<ImageLinks>()
        .AddSingleton(all => new ImageListing(all.GetRequiredService<Database.Database>(), all.GetRequiredService<ConfigReader>()))
        .AddSingleton(all => new ImageInspection(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<ManifestStore>(), all.GetRequiredService<ConfigReader>(),
            all.GetRequiredService<ImmutableTags>(), all.GetRequiredService<ImageUses>(), all.GetRequiredService<ImageSignatures>()))
        .AddSingleton(all => new ImageChanges(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<ManifestCache>(), all.GetRequiredService<ImmutableTags>(),
            all.GetRequiredService<ImageUses>(), all.GetRequiredService<ImageLinks>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<TimeProvider>()))
        .AddSingleton(all => new ImageDiffs(
            all.GetRequiredService<ManifestStore>(), all.GetRequiredService<ImageInspection>(), all.GetRequiredService<ConfigReader>(),
            all.GetRequiredService<BlobIndex>(), all.GetRequiredService<IBlobStore>()));
}
