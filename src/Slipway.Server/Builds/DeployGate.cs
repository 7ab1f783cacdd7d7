using Slipway.Model;
using Slipway.Pipelines.Images;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures;
using Slipway.Registry.Policies;

namespace Slipway.Server.Builds;

/// <summary>
/// Stands between the images of a rollout and its release: signs what was built here, then asks the policies of the app's project for every image. What they
/// refuse never becomes a release. Going back to an earlier release does not pass here: it has been live, and going back must not wait for a signature.
/// </summary>
sealed partial class DeployGate(ImageSigner signer, PolicyGate policies, PlatformListener listener, ILogger<DeployGate> logger)
{
    /// <param name="project">Whose policies hold: the app's, also for its previews.</param>
    /// <param name="made">For each service its image.</param>
    /// <param name="warn">Gets a sentence about what could not be signed.</param>
    /// <param name="note">Gets a sentence about what is waited for.</param>
    /// <exception cref="InvalidInputException">A policy refuses some of the images; one diagnostic for each demand that is not met.</exception>
    public async Task Pass(AppName project, AppModel model, IReadOnlyDictionary<string, MadeImage> made, Action<string> warn, Action<string> note, CancellationToken cancel)
    {
        foreach (var service in model.Services.Where(service => service.Build is not null)) await Sign(made[service.Name], warn, cancel);
        if (policies.IsOpen(project.Value)) return;
        var refused = new List<Diagnostic>();
        foreach (var service in model.Services)
        {
            var image = Image(service, made[service.Name]);
            foreach (var finding in await policies.Check(project.Value, image, note, cancel))
                refused.Add(new Diagnostic
                {
                    Key = $"services.{service.Name}.{(service.Build is null ? "image" : "build")}",
                    Message = $"{image.Name} ({image.Place}) {finding.Found}. Nothing of this release was started; to deploy it, {finding.Fix}",
                    Found = image.Place,
                    Expected = finding.Required,
                });
        }
        if (refused.Count > 0) throw new InvalidInputException(refused);
    }

    async Task Sign(MadeImage image, Action<string> warn, CancellationToken cancel)
    {
        var (repository, digest) = Place(image.Image);
        try
        {
            if (await signer.Sign(repository, digest, listener.Address, cancel)) return;
            warn($"{image.Image} could not be signed: the registry does not have it any more");
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or RuleRefusedException)
        {
            // Where nobody asks for signatures the deploy goes on without; where a policy does, it says so in a moment.
            LogNotSigned(broken, image.Image);
            warn($"{image.Image} could not be signed: {broken.Message}");
        }
    }

    ReleaseImage Image(ServiceModel service, MadeImage made)
    {
        var (repository, digest) = Place(made.Image);
        return new ReleaseImage
        {
            Name = service.Build is null ? service.Image ?? service.Name : $"the image built for {service.Name}",
            Repository = repository,
            Digest = digest,
            // What was pulled and what is pushed may differ in their manifests; the engine knows of both that they are this very image.
            OtherDigests = [.. made.Facts.Digests.Select(name => Digest.TryParse(name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..], out var other) ? other : (Digest?)null).OfType<Digest>()],
            Upstream = service.Build is null && ImageReference.TryParse(service.Image, out var reference) && reference.Registry != listener.Address ? reference.Registry : null,
        };
    }

    static (string Repository, Digest Digest) Place(string image) => (image.Split('@')[0], Digest.Parse(image.Split('@')[1]));

    [LoggerMessage(LogLevel.Error, "{Image} could not be signed")]
    partial void LogNotSigned(Exception error, string image);
}
