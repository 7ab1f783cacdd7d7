using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Slipway.Model;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>
/// Pushing to another registry: blobs in chunks that go on where they were (also after this process was killed, by the session that the caller keeps),
/// mounts, manifests, deletions. Thread-safe.
/// </summary>
sealed class RegistryPusher(RegistryClient client, Patience patience)
{
    /// <summary>One request's part of a blob: what is sent again at most after a cut.</summary>
    public const int ChunkSize = 16 << 20;

    /// <summary>Cuts without a new chunk between them, until it is given up.</summary>
    const int MaxFailures = 4;

    public Task<BlobHead?> Find(string repository, Digest digest, CancellationToken cancel) => client.HeadBlob(repository, digest, patience, cancel);

    /// <summary>
    /// Pushes a blob. Returns the bytes that were sent: none where it was there, or could be mounted from another repository.
    /// </summary>
    /// <param name="open">The blob's bytes from an offset.</param>
    /// <param name="from">A repository there that has the blob, or null.</param>
    /// <param name="session">Where an earlier try had come to; null: none.</param>
    /// <param name="keep">Told each time that a session has come further, with null when it is over.</param>
    public async Task<long> Push(
        string repository, Digest digest, long size, Func<long, CancellationToken, Task<Stream>> open, string? from, Uri? session, Func<Uri?, Task> keep, CancellationToken cancel)
    {
        var scope = Scope(repository, from);
        (Uri? location, var offset) = session is null ? (null, 0L) : await Resume(session, scope, cancel);
        var sent = 0L;
        for (var failures = 0; ;)
        {
            if (location is null)
            {
                location = await Start(repository, digest, from, scope, cancel);
                offset = 0;
                if (location is null) return sent;
                if (size > ChunkSize) await keep(location);
            }
            var reached = offset;
            try
            {
                // All but the last part in chunks; the last closes the upload.
                while (size - offset > ChunkSize)
                {
                    location = await Chunk(location, open, offset, scope, cancel);
                    offset += ChunkSize;
                    sent += ChunkSize;
                    await keep(location);
                }
                await Close(location, open, offset, size, digest, scope, cancel);
                if (size > ChunkSize) await keep(null);
                return sent + size - offset;
            }
            catch (RemoteException lost) when (failures < MaxFailures && (lost.IsPassing || lost.Status is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.Conflict))
            {
                // Cut off: what has arrived is asked for, and it goes on from there; a session that is not known any more is begun anew.
                failures = offset > reached ? 0 : failures + 1;
                await Task.Delay(patience.Before(1, null) ?? TimeSpan.Zero, cancel);
                (location, offset) = await Resume(location!, scope, cancel);
            }
        }
    }

    /// <summary>Puts a manifest. Returns whether the registry takes note of its subject (OCI-Subject); without one, whatever.</summary>
    /// <param name="reference">Tag or digest.</param>
    public async Task<bool> PutManifest(string repository, string reference, string mediaType, byte[] content, CancellationToken cancel)
    {
        var url = client.UrlOf(repository, $"manifests/{reference}");
        using var answer = await client.Transport.Send(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(content) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
            return request;
        }, Scope(repository, null), patience, cancel);
        if (!answer.IsSuccessStatusCode) throw await client.Transport.Explain(answer, cancel);
        return answer.Headers.Contains("OCI-Subject");
    }

    /// <summary>Removes a tag or a manifest; false where it was not there, or can't be removed there (405: many registries have no deletion of tags).</summary>
    public async Task<bool> Delete(string repository, string reference, CancellationToken cancel)
    {
        var url = client.UrlOf(repository, $"manifests/{reference}");
        using var answer = await client.Transport.Send(() => new HttpRequestMessage(HttpMethod.Delete, url), $"repository:{client.Registry.NameOf(repository)}:pull,push,delete", patience, cancel);
        if (answer.IsSuccessStatusCode) return true;
        if (answer.StatusCode == HttpStatusCode.NotFound) return false;
        throw await client.Transport.Explain(answer, cancel);
    }

    /// <summary>The new upload's location, or null where the blob is in the repository already (mounted).</summary>
    async Task<Uri?> Start(string repository, Digest digest, string? from, string scope, CancellationToken cancel)
    {
        var query = from is null ? "" : $"?mount={Uri.EscapeDataString(digest.Value)}&from={Uri.EscapeDataString(client.Registry.NameOf(from))}";
        var url = client.UrlOf(repository, "blobs/uploads/" + query);
        using var answer = await client.Transport.Send(() => new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent([]) }, scope, patience, cancel);
        if (answer.StatusCode == HttpStatusCode.Created) return null;
        if (answer.StatusCode != HttpStatusCode.Accepted) throw await client.Transport.Explain(answer, cancel);
        return Location(answer);
    }

    async Task<Uri> Chunk(Uri location, Func<long, CancellationToken, Task<Stream>> open, long offset, string scope, CancellationToken cancel)
    {
        // One try: a chunk that was cut off may have arrived in part, which only the registry knows.
        using var answer = await client.Transport.Send(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new BlobContent(open, offset, ChunkSize) };
            request.Content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{offset}-{offset + ChunkSize - 1}"));
            return request;
        }, scope, patience with { Tries = 1 }, cancel);
        if (!answer.IsSuccessStatusCode) throw await client.Transport.Explain(answer, cancel);
        return Location(answer);
    }

    async Task Close(Uri location, Func<long, CancellationToken, Task<Stream>> open, long offset, long size, Digest digest, string scope, CancellationToken cancel)
    {
        var url = new Uri(location + (location.Query.Length == 0 ? "?" : "&") + "digest=" + Uri.EscapeDataString(digest.Value));
        using var answer = await client.Transport.Send(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new BlobContent(open, offset, size - offset) };
            if (offset > 0 && size > offset) request.Content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{offset}-{size - 1}"));
            return request;
        }, scope, patience with { Tries = 1 }, cancel);
        if (!answer.IsSuccessStatusCode) throw await client.Transport.Explain(answer, cancel);
    }

    /// <summary>Where an upload goes on; no location where the registry does not know it any more.</summary>
    async Task<(Uri? Location, long Offset)> Resume(Uri session, string scope, CancellationToken cancel)
    {
        using var answer = await client.Transport.Send(() => new HttpRequestMessage(HttpMethod.Get, session), scope, patience, cancel);
        if (answer.StatusCode != HttpStatusCode.NoContent || !answer.Headers.TryGetValues("Range", out var ranges)) return (null, 0);
        var end = ranges.First().Split('-')[^1];
        if (!long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return (null, 0);
        // "0-0" is said of an empty upload as well as of one with a single byte; nobody sends a single byte.
        return (answer.Headers.Location is null ? session : Location(answer), last == 0 ? 0 : last + 1);
    }

    Uri Location(HttpResponseMessage answer) => answer.Headers.Location is { } location
        ? new Uri(answer.RequestMessage!.RequestUri!, location)
        : throw new RemoteException($"{client.Registry} answered {(int)answer.StatusCode} without a Location.", answer.StatusCode);

    string Scope(string repository, string? from)
    {
        var own = $"repository:{client.Registry.NameOf(repository)}:pull,push";
        return from is null ? own : $"{own} {client.PullScope(from)}";
    }
}
