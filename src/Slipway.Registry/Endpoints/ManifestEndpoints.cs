using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;

namespace Slipway.Registry.Endpoints;

/// <summary>"Pulling manifests", "Pushing Manifests", "Deleting tags", "Deleting Manifests".</summary>
sealed class ManifestEndpoints(ManifestStore manifests, ManifestBody body, DescriptorSizes sizes, PullThrough pullThrough, LastPulls pulls, PullAudit? audit = null)
{
    /// <summary>Tags in one push ("Pushing Manifests" asks for at least 10).</summary>
    const int MaxTags = 100;

    public async Task Get(HttpContext context, RegistryRequest.Manifest request)
    {
        var pulled = request.Reference is null ? default : await pullThrough.Manifest(request.Repository, request.Reference, context.RequestAborted);
        if (pulled.Manifest is not { } manifest)
        {
            UpstreamHeaders.Write(context.Response, pulled.RetryAfter, null);
            await (pulled.Error ?? RegistryError.ManifestUnknown(request.Repository, request.Text)).Write(context);
            return;
        }
        var response = context.Response;
        UpstreamHeaders.Write(response, null, pulled.Warning);
        if (HttpMethods.IsGet(context.Request.Method))
        {
            // That a scanner looks at it each day does not mean that anybody uses it.
            if (context.User.Identity?.Name != Identity.ScannerName) pulls.Note(request.Repository, manifest.Digest);
            audit?.Pulled(Caller.Of(context), request.Repository, request.Text, manifest);
        }
        response.Headers.ETag = manifest.ETag;
        response.Headers["Docker-Content-Digest"] = manifest.Digest.Value;
        if (EntityTag.NotModified(context.Request, manifest.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = manifest.MediaType;
        response.ContentLength = manifest.Content.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(manifest.Content, context.RequestAborted);
    }

    public async Task Put(HttpContext context, RegistryRequest.Manifest request)
    {
        if (request.Reference is null)
        {
            await RegistryError.TagInvalid(request.Text).Write(context);
            return;
        }
        var (tags, error) = TagsOf(context.Request, request.Reference);
        if (error is not null)
        {
            await error.Write(context);
            return;
        }
        (var content, error) = await body.Read(context);
        if (error is not null)
        {
            await error.Write(context);
            return;
        }
        var mediaType = context.Request.ContentType?.Split(';', 2)[0].Trim() is { Length: > 0 } sent ? sent : null;
        if (ManifestDocument.Read(content, ref mediaType, out var document) is { } wrong)
        {
            await RegistryError.ManifestInvalid(wrong).Write(context);
            return;
        }
        var digest = Digest.Sha256(content);
        if (request.Reference is Reference.ByDigest { Digest: var claimed })
        {
            if (claimed.Algorithm == "sha512") digest = Digest.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content)));
            if (claimed != digest)
            {
                await RegistryError.DigestMismatch(claimed).Write(context);
                return;
            }
        }
        if (sizes.FindWrong(request.Repository, document) is var (descriptor, size))
        {
            await RegistryError.DescriptorSize(descriptor.Digest, descriptor.Size, size).Write(context);
            return;
        }
        var missing = await manifests.Put(request.Repository, new StoredManifest(digest, mediaType!, content), document, tags, Caller.Of(context), context.RequestAborted);
        if (missing.Count > 0)
        {
            await RegistryError.ManifestBlobsUnknown(missing).Write(context);
            return;
        }
        var headers = context.Response.Headers;
        headers.Location = $"/v2/{request.Repository}/manifests/{digest}";
        headers["Docker-Content-Digest"] = digest.Value;
        if (document.Subject is { } subject) headers["OCI-Subject"] = subject.Digest.Value;
        if (request.Reference is Reference.ByDigest && tags.Count > 0) headers["OCI-Tag"] = string.Join(", ", tags);
        context.Response.StatusCode = StatusCodes.Status201Created;
    }

    public async Task Delete(HttpContext context, RegistryRequest.Manifest request)
    {
        if (request.Reference is not null && await manifests.Delete(request.Repository, request.Reference, Caller.Of(context), context.RequestAborted))
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        else await RegistryError.ManifestUnknown(request.Repository, request.Text).Write(context);
    }

    static (IReadOnlyList<TagName> Tags, RegistryError? Error) TagsOf(HttpRequest request, Reference reference)
    {
        if (reference is Reference.ByTag { Tag: var single }) return ([single], null);
        var asked = request.Query["tag"];
        if (asked.Count > MaxTags) return ([], RegistryError.TooManyTags(MaxTags));
        var tags = new List<TagName>(asked.Count);
        foreach (var text in asked)
        {
            if (!TagName.TryParse(text, out var tag)) return ([], RegistryError.TagInvalid(text ?? ""));
            if (!tags.Contains(tag)) tags.Add(tag);
        }
        return (tags, null);
    }
}
