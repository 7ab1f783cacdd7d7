using Slipway.Model;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;
using Slipway.Registry.Signatures;
using Slipway.Registry.Signatures.Cosign;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Policies;

/// <summary>
/// A signature by a key that counts, in whichever repository of the registry: it is the digest that is signed, and an image that is signed as team/web is
/// deployed as a copy of it.
/// </summary>
sealed class SignatureCheck(ImageSignatures signatures, SignatureSearch search, CachedReferrers cached) : IImageCheck
{
    /// <summary>Reasons that are told of one image.</summary>
    const int MaxTold = 5;

    const int MaxDigests = 16;

    public async Task<PolicyFinding?> Check(ReleaseImage image, string project, PolicyStatus policy, Action<string> note, CancellationToken cancel)
    {
        if (!policy.Policy.RequireSignature) return null;
        var refused = new List<string>();
        foreach (var digest in (IEnumerable<Digest>)[image.Digest, .. image.OtherDigests.Distinct().Where(digest => digest != image.Digest).Take(MaxDigests)])
            foreach (var repository in search.Repositories(digest))
            {
                // An image that came through a cache has its signatures where it came from.
                await cached.BringSignatures(repository, digest, cancel);
                foreach (var signature in await signatures.Find(repository, digest, project, cancel))
                {
                    if (WhyNot(signature, repository, policy.Policy) is not { } why) return null;
                    refused.Add($"{signature.Format} {signature.Manifest.Short}: {why}");
                }
            }
        return new PolicyFinding(Found(image, refused), policy.Demand, Fix(image, policy.Policy));
    }

    static string? WhyNot(FoundSignature signature, RepositoryName repository, DeployPolicy policy) => signature switch
    {
        { State: not SignatureState.Trusted } => signature.Reason,
        _ when policy.Keys.Count > 0 && !policy.Keys.Contains(signature.Signer) => $"it is by '{signature.Signer}', which the policy does not name",
        _ when policy.SameRepository && signature.Identity is null => $"it is by '{signature.Signer}', but its format names no repository",
        _ when policy.SameRepository && RepositoryIn(signature.Identity!) != repository.Value => $"it is by '{signature.Signer}', but for '{CosignVerifier.Shown(signature.Identity)}'",
        _ => null,
    };

    /// <summary>The repository in a reference whose first segment may be a registry (the one with '.' or ':', or localhost: as docker has it).</summary>
    internal static string RepositoryIn(string reference)
    {
        var name = reference.Split('@')[0];
        if (name.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 && (name[..slash].Contains('.', StringComparison.Ordinal) || name[..slash].Contains(':', StringComparison.Ordinal) || name[..slash] == "localhost")) name = name[(slash + 1)..];
        return name.LastIndexOf(':') is var colon and > 0 && !name[colon..].Contains('/', StringComparison.Ordinal) ? name[..colon] : name;
    }

    static string Found(ReleaseImage image, List<string> refused) => refused.Count switch
    {
        0 => image.Upstream is { } upstream ? $"is unsigned: it came from {upstream}, and this registry has no signature of it" : "is unsigned",
        1 => $"has a signature that does not count: {refused[0]}",
        _ => $"has {refused.Count} signatures, none of which counts: {string.Join("; ", refused.Take(MaxTold))}{(refused.Count > MaxTold ? $"; and {refused.Count - MaxTold} more" : "")}",
    };

    static string Fix(ReleaseImage image, DeployPolicy policy)
    {
        var sign = $"sign it (cosign sign --key KEY REGISTRY/{image.Place})";
        if (image.Upstream is not null) return $"bring it into this registry with its signatures (slipway replication, cosign copy), or {sign}";
        return policy.Keys.Count == 0 || policy.Keys.Contains(TrustStore.Own) ? $"{sign} with a key that is trusted (slipway trust ls)" : $"{sign} with the key of {string.Join(" or ", policy.Keys)}";
    }
}
