using System.Net;
using System.Text;

namespace Slipway.Registry.Tests.Crashes;

/// <summary>
/// A client that pushes, deletes and tags images in its own repository until the registry dies under it, and remembers what was acknowledged and what it
/// was waiting for. Its blobs are the others' too.
/// </summary>
sealed class CrashClient(int number, Random random, TimeSpan lease, bool uploadsSurvive)
{
    /// <summary>As <c>Slipway.Registry.Process</c> has it.</summary>
    readonly TimeSpan _uploadLifetime = 5 * lease;

    const int Tags = 4;
    const int Blobs = 24;

    readonly string _repository = $"client{number}/app";

    /// <summary>What each tag points to, by what was acknowledged; null: nothing.</summary>
    readonly Dictionary<string, string?> _tags = [];

    /// <summary>What the request that was not answered would have made of the tags.</summary>
    readonly Dictionary<string, string?> _pending = [];

    readonly Dictionary<string, byte[]> _manifests = [];

    /// <summary>Pushed, with no manifest yet: there until the lease ends, which begins after the push was sent and before it was acknowledged.</summary>
    readonly List<(string Digest, DateTimeOffset Sent, DateTimeOffset Acknowledged)> _fresh = [];

    /// <summary>Where an unfinished upload is, and how much of it was acknowledged. Killed while it is finished, it may begin anew.</summary>
    (string Location, byte[] Content, int Acknowledged, bool Finishing, DateTimeOffset Begun)? _upload;

    public int Acknowledged { get; private set; }

    public async Task WorkUntilItDies(HttpClient http)
    {
        try
        {
            if (_upload is not null) await GoOn(http);
            while (true)
            {
                switch (random.Next(10))
                {
                    case < 6:
                        await Push(http, Tag());
                        break;
                    case 6 or 7:
                        await Delete(http, Tag(), tag => [tag]);
                        break;
                    default:
                        if (_tags.Values.FirstOrDefault(digest => digest is not null) is { } pushed)
                            await Delete(http, pushed, digest => _tags.Where(tag => tag.Value == digest).Select(tag => tag.Key));
                        break;
                }
            }
        }
        catch (Exception dead) when (dead is HttpRequestException or IOException or TaskCanceledException)
        {
            // It was killed: what was asked for last may have happened or not.
        }
    }

    /// <summary>Every acknowledged tag, image, blob and deletion is as it was acknowledged; what was not answered happened as a whole or not at all.</summary>
    public async Task Check(HttpClient http, string when)
    {
        foreach (var tag in _tags.Keys.Union(_pending.Keys).ToList())
        {
            var found = await http.GetAsync($"/v2/{_repository}/manifests/{tag}");
            var digest = found.StatusCode == HttpStatusCode.NotFound ? null : found.Header("Docker-Content-Digest");
            var allowed = new List<string?> { _tags.GetValueOrDefault(tag) };
            if (_pending.TryGetValue(tag, out var pending)) allowed.Add(pending);
            allowed.ShouldContain(digest, $"{_repository}:{tag} {when}");
            _tags[tag] = digest;
            if (digest is null) continue;
            (await found.Content.ReadAsByteArrayAsync()).ShouldBe(_manifests[digest], $"{_repository}:{tag} {when}");
            // That all the others are there and whole, the verification tells; here, that they are also served.
            if (random.Next(4) == 0)
                foreach (var blob in BlobsOf(_manifests[digest])) (await Digest(http, blob)).ShouldBe(blob, $"{_repository}:{tag} {when}");
        }
        _pending.Clear();
        foreach (var (blob, sent, acknowledged) in _fresh)
        {
            if (DateTimeOffset.UtcNow - sent >= lease) continue;
            var found = await Digest(http, blob);
            var now = DateTimeOffset.UtcNow;
            if (now - sent < lease) found.ShouldBe(blob, $"a blob whose push was sent {now - sent} and acknowledged {now - acknowledged} ago, {when}");
        }
        _fresh.Clear();
        if (!uploadsSurvive) _upload = null;
        if (_upload is { Finishing: false } upload && await http.Send("GET", upload.Location) is { StatusCode: HttpStatusCode.NoContent } there)
            int.Parse(there.Header("Range")!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(upload.Acknowledged - 1, when);
    }

    string Tag() => $"t{random.Next(Tags)}";

    async Task Push(HttpClient http, string tag)
    {
        var (config, layer) = (Blob(random.Next(Blobs)), Blob(random.Next(Blobs)));
        while (true)
        {
            foreach (var blob in (byte[][])[config, layer])
                if ((await http.Send("HEAD", $"/v2/{_repository}/blobs/{Client.Sha256(blob)}")).StatusCode == HttpStatusCode.NotFound) await Push(http, blob);
            var manifest = Manifest(config, layer);
            var digest = Client.Sha256(manifest);
            _manifests[digest] = manifest;
            _pending[tag] = digest;
            var answer = await http.Send("PUT", $"/v2/{_repository}/manifests/{tag}", manifest, ("Content-Type", Client.OciImage));
            _pending.Clear();
            if (answer.StatusCode == HttpStatusCode.Created)
            {
                _tags[tag] = digest;
                Acknowledged++;
                return;
            }
            // A machine that stood still for longer than the lease.
            await answer.ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        }
    }

    async Task Push(HttpClient http, byte[] blob)
    {
        var digest = Client.Sha256(blob);
        DateTimeOffset sent;
        if (random.Next(3) == 0)
        {
            sent = DateTimeOffset.UtcNow;
            (await http.Send("POST", $"/v2/{_repository}/blobs/uploads/?digest={digest}", blob)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }
        else
        {
            var begun = DateTimeOffset.UtcNow;
            _upload = (await http.StartUpload(_repository), blob, 0, false, begun);
            if (random.Next(2) == 0)
            {
                var part = blob.Length / 2;
                (await http.Send("PATCH", _upload.Value.Location, blob[..part])).StatusCode.ShouldBe(HttpStatusCode.Accepted);
                _upload = _upload.Value with { Acknowledged = part };
            }
            _upload = _upload.Value with { Finishing = true };
            sent = DateTimeOffset.UtcNow;
            (await http.Send("PUT", $"{_upload.Value.Location}?digest={digest}", blob[_upload.Value.Acknowledged..])).StatusCode.ShouldBe(HttpStatusCode.Created);
            _upload = null;
        }
        _fresh.Add((digest, sent, DateTimeOffset.UtcNow));
        Acknowledged++;
    }

    /// <summary>Takes up the upload that the kill interrupted, from the offset that the registry says.</summary>
    async Task GoOn(HttpClient http)
    {
        var (location, content, _, _, begun) = _upload!.Value;
        _upload = _upload.Value with { Finishing = true };
        var digest = Client.Sha256(content);
        // No longer there: it was finished, and only the answer was lost; or the registry knew of it only by an answer that never came.
        while (await http.Send("GET", location) is { StatusCode: HttpStatusCode.NoContent } there)
        {
            var last = int.Parse(there.Header("Range")!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
            // "0-0" is nothing, or one byte; none of these clients sends one byte.
            var offset = last > 0 ? last + 1 : 0;
            var answer = await http.Send("PUT", $"{location}?digest={digest}", content[offset..]);
            // On a machine that stood still for its lifetime it may be given up in this very moment; what the answer tells to do is to ask once more.
            if (answer.StatusCode == HttpStatusCode.Conflict && DateTimeOffset.UtcNow - begun > _uploadLifetime) continue;
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, $"an upload that went on at {offset} of {content.Length}");
            Acknowledged++;
            break;
        }
        _upload = null;
    }

    async Task Delete(HttpClient http, string reference, Func<string, IEnumerable<string>> tags)
    {
        foreach (var tag in tags(reference)) _pending[tag] = null;
        var answer = await http.Send("DELETE", $"/v2/{_repository}/manifests/{reference}");
        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Accepted, HttpStatusCode.NotFound);
        foreach (var tag in _pending.Keys) _tags[tag] = null;
        _pending.Clear();
        Acknowledged++;
    }

    async Task<string?> Digest(HttpClient http, string blob)
    {
        var found = await http.GetAsync($"/v2/{_repository}/blobs/{blob}");
        return found.StatusCode == HttpStatusCode.OK ? Client.Sha256(await found.Content.ReadAsByteArrayAsync()) : found.StatusCode.ToString();
    }

    // Of a few sizes: below and above a page, and above what is written at once.
    static byte[] Blob(int seed) => Client.Random(seed % 8 == 7 ? 300_000 : 100 << (seed % 7), seed);

    byte[] Manifest(byte[] config, byte[] layer) => Encoding.UTF8.GetBytes(
        $$"""
        {"schemaVersion":2,"mediaType":"{{Client.OciImage}}","annotations":{"n":"{{random.Next(1000)}}"},
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Client.Sha256(config)}}","size":{{config.Length}}},
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{Client.Sha256(layer)}}","size":{{layer.Length}}}]}
        """);

    static IEnumerable<string> BlobsOf(byte[] manifest)
    {
        using var json = System.Text.Json.JsonDocument.Parse(manifest);
        return [json.RootElement.GetProperty("config").GetProperty("digest").GetString()!, json.RootElement.GetProperty("layers")[0].GetProperty("digest").GetString()!];
    }
}
