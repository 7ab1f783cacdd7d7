using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Secrets;
using Slipway.Registry.Signatures.Trust;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Signatures;

static class SignatureServices
{
    /// <summary>Signatures of images: found, judged, made.</summary>
    public static IServiceCollection AddSignatures(this IServiceCollection services) => services
        .AddSingleton<SigningKey>()
        .AddSingleton(all => new TrustStore(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<SigningKey>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<TimeProvider>()))
        .AddSingleton<SignatureSearch>()
        .AddSingleton<ImageSignatures>()
        .AddSingleton(all => new ImageSigner(
            all.GetRequiredService<ManifestStore>(), all.GetRequiredService<UploadSessions>(), all.GetRequiredService<ImageSignatures>(), all.GetRequiredService<SigningKey>()));
}
