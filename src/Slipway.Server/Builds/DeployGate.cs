using Slipway.Model;
using Slipway.Pipelines.Images;
using Slipway.Registry.Signatures;
using Slipway.Registry.Signatures.Policies;

namespace Slipway.Server.Builds;

/// <summary>
/// Stands between the images of a rollout and its release: signs what was built here, then asks the policies of the app's project for every image. What they
/// refuse never becomes a release. Going back to an earlier release does not pass here: it has been live, and going back must not wait for a signature.
/// </summary>
sealed partial class DeployGate(ImageSigner signer, PolicyGate policies, PlatformListener listener, ILogger<DeployGate> logger)
{
    /// <param name="made">For each service its image.</param>
    /// <param name="warn">Gets a sentence about what could not be signed.</param>
    /// <exception cref="InvalidInputException">A policy refuses some of the images; one diagnostic for each demand that is not met.</exception>
    public async Task Pass(AppModel model, IReadOnlyDictionary<string, MadeImage> made, Action<string> warn, CancellationToken cancel)
    {
        foreach (var service in model.Services.Where(service => service.Build is not null)) await Sign(made[service.Name], warn, cancel);
        if (policies.IsOpen(model.Name.Value)) return;
        var refused = new List<Diagnostic>();
        foreach (var service in model.Services)
        {
            var image = Image(service, made[service.Name]);
            foreach (var finding in await policies.Check(model.Name.Value, image, cancel))
                refused.Add(new Diagnostic
                {
                    Key = $"services.{service.Name}.{(service.Build is null ? "image" : "build")}",
                    Message = $"{image.Name} ({image.Places[0]}) {finding.Found}. Nothing of this release was started; to deploy it, {finding.Fix}",
                    Found = image.Places[0].ToString(),
                    Expected = finding.Required,
                });
        }
        if (refused.Count > 0) throw new InvalidInputException(refused);
    }

    async Task Sign(MadeImage image, Action<string> warn, CancellationToken cancel)
    {
        var place = Place(image.Image);
        try
        {
            if (await signer.Sign(place.Repository, place.Digest, listener.Address, cancel)) return;
            warn($"{place} could not be signed: the registry does not have it any more");
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            // Where nobody asks for signatures the deploy goes on without; where a policy does, it says so in a moment.
            LogNotSigned(broken, place.ToString());
            warn($"{place} could not be signed: {broken.Message}");
        }
    }

    ReleaseImage Image(ServiceModel service, MadeImage made)
    {
        var own = listener.Address + "/";
        // The engine knows under which digests it has pulled or pushed these very bytes: signatures stand at the one that was signed.
        var others = made.Facts.Digests.Where(name => name.StartsWith(own, StringComparison.Ordinal) && name.Contains('@', StringComparison.Ordinal)).Select(name => Place(name[own.Length..]));
        return new ReleaseImage
        {
            Name = service.Build is null ? service.Image ?? service.Name : $"the image built for {service.Name}",
            Places = [.. new[] { Place(made.Image) }.Concat(others).Distinct()],
            Upstream = service.Build is null && ImageReference.TryParse(service.Image, out var reference) && reference.Registry != listener.Address ? reference.Registry : null,
        };
    }

    static ImagePlace Place(string image) => new(image.Split('@')[0], Digest.Parse(image.Split('@')[1]));

    [LoggerMessage(LogLevel.Error, "{Image} could not be signed")]
    partial void LogNotSigned(Exception error, string image);
}
