using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Registry.Endpoints;

/// <summary>
/// Takes manifests in, which unlike blobs are held in memory whole: bounded for each and for all together. Memory grows with what has come, never with
/// what a Content-Length promises. Thread-safe.
/// </summary>
sealed class ManifestBody(RegistryOptions options)
{
    const int FirstBuffer = 16 << 10;

    long _inFlight;

    /// <summary>The content, or why it is not taken.</summary>
    public async Task<(byte[] Content, RegistryError? Error)> Read(HttpContext context)
    {
        if (context.Request.ContentLength > options.MaxManifestBytes) return ([], RegistryError.ManifestTooLarge(options.MaxManifestBytes));
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = options.MaxManifestBytes;
        var held = 0;
        try
        {
            var body = Array.Empty<byte>();
            var length = 0;
            do
            {
                if (length == body.Length)
                {
                    var more = Math.Max(FirstBuffer, body.Length);
                    held += more;
                    if (Interlocked.Add(ref _inFlight, more) > options.MaxManifestBytesInFlight) return ([], RegistryError.TooManyManifests());
                    Array.Resize(ref body, body.Length + more);
                }
                var read = await context.Request.Body.ReadAsync(body.AsMemory(length), context.RequestAborted);
                if (read == 0) return (body[..length], null);
                length += read;
            }
            while (true);
        }
        catch (BadHttpRequestException large) when (large.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return ([], RegistryError.ManifestTooLarge(options.MaxManifestBytes));
        }
        finally
        {
            Interlocked.Add(ref _inFlight, -held);
        }
    }
}
