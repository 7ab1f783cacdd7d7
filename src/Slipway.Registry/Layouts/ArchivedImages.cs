using System.Security.Cryptography;
using System.Text.Json;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Layouts;

/// <summary>
/// The images of an archive: an OCI layout (OCI Image Specification 1.1, image-layout.md; what docker save has written since version 25 is one too), or
/// what docker save wrote before: manifest.json with uncompressed layers, for which a manifest is made. Thread-safe.
/// </summary>
sealed class ArchivedImages : IImageSource, IDisposable
{
    public const string NameAnnotation = "io.containerd.image.name";
    public const string TagAnnotation = "org.opencontainers.image.ref.name";
    const int MaxIndex = 16 << 20;
    const int MaxConfig = 16 << 20;
    const int MaxManifest = 4 << 20;
    const int MaxImages = 10_000;

    readonly ArchiveFiles _files;
    readonly Dictionary<Digest, string> _blobs = [];
    readonly Dictionary<Digest, CopiedManifest> _made = [];
    readonly List<ArchivedImage> _images = [];

    ArchivedImages(ArchiveFiles files) => _files = files;

    /// <summary>What the archive lists, in its order; the same image under each of its names.</summary>
    public IReadOnlyList<ArchivedImage> Images => _images;

    public string Path => _files.Path;

    /// <exception cref="InvalidDataException">It is no archive of images.</exception>
    public static async Task<ArchivedImages> Open(ArchiveFiles files, CancellationToken cancel)
    {
        var images = new ArchivedImages(files);
        try
        {
            if (await files.Read("index.json", MaxIndex, cancel) is { } index) images.ReadLayout(Parse(index, LayoutJson.Plain.LayoutIndex, "index.json"));
            else if (await files.Read("manifest.json", MaxIndex, cancel) is { } list) await images.ReadDocker(Parse(list, LayoutJson.Plain.IReadOnlyListDockerEntry, "manifest.json"), cancel);
            else throw new InvalidDataException($"{files.Path} has neither index.json (an OCI layout) nor manifest.json (docker save).");
        }
        catch (InvalidDataException wrong) when (!wrong.Message.StartsWith(files.Path, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{files.Path}: {wrong.Message}", wrong);
        }
        return images;
    }

    public async Task<CopiedManifest?> Manifest(string reference, CancellationToken cancel)
    {
        if (!Digest.TryParse(reference, out var digest)) return null;
        if (_made.TryGetValue(digest, out var made)) return made;
        // Not a manifest, but a large blob that an index lists: the caller asks for it as one.
        if (_files.Length(NameOf(digest)) is null or > MaxManifest) return null;
        var content = (await _files.Read(NameOf(digest), MaxManifest, cancel))!;
        if (HashOf(digest, content) != digest.Hex) throw new InvalidDataException($"{Path}: {NameOf(digest)} does not have the digest that its name says: the archive is damaged.");
        string? mediaType = null;
        if (ManifestDocument.Read(content, ref mediaType, out var document) is { } wrong)
        {
            // mediaType may be missing in the document itself (OCI Image Specification, manifest.md): then its shape says what it is.
            mediaType = document.Manifests is not null ? ManifestDocument.OciIndex : document.Config is not null ? ManifestDocument.OciImage : null;
            if (mediaType is null || ManifestDocument.Read(content, ref mediaType, out _) is not null) throw new InvalidDataException($"{Path}: {NameOf(digest)}: {wrong}");
        }
        return new CopiedManifest(digest, mediaType!, content);
    }

    public Task<Digest?> Resolve(string reference, CancellationToken cancel) => Task.FromResult(
        Digest.TryParse(reference, out var digest) && (_made.ContainsKey(digest) || _files.Length(NameOf(digest)) is not null) ? digest : (Digest?)null);

    public Task<bool> HasBlob(Digest digest, CancellationToken cancel) => Task.FromResult(_files.Length(NameOf(digest)) is not null);

    public Task<BlobSource?> OpenBlob(Digest digest, long offset, CancellationToken cancel) =>
        Task.FromResult(_files.Open(NameOf(digest), offset) is { } stream ? new BlobSource(stream, _files.Length(NameOf(digest))) : null);

    // What refers to an image is an entry of the archive like the others.
    public Task<IReadOnlyList<Digest>> Referrers(Digest subject, CancellationToken cancel) => Task.FromResult<IReadOnlyList<Digest>>([]);

    public Task<IReadOnlyCollection<string>> Tags(CancellationToken cancel) => Task.FromResult<IReadOnlyCollection<string>>([]);

    /// <summary>
    /// Everything that is wrong with what an image needs: what is missing, has another size or another digest. Empty: it can be imported to its end.
    /// </summary>
    public async Task<IReadOnlyList<string>> Check(IEnumerable<Digest> images, CancellationToken cancel)
    {
        var wrong = new List<string>();
        var seen = new HashSet<Digest>();
        foreach (var image in images) await Check(image, null, 0, seen, wrong, cancel);
        return wrong;
    }

    public void Dispose() => _files.Dispose();

    async Task Check(Digest digest, long? size, int depth, HashSet<Digest> seen, List<string> wrong, CancellationToken cancel)
    {
        const int MaxDepth = 8;
        const int Enough = 20;
        if (!seen.Add(digest) || wrong.Count >= Enough) return;
        if (depth > MaxDepth || seen.Count > MaxImages)
        {
            wrong.Add($"its indexes are nested more than {MaxDepth} deep, or list more than {MaxImages} manifests");
            return;
        }
        if (!_made.ContainsKey(digest))
        {
            if (_files.Length(NameOf(digest)) is not { } found)
            {
                wrong.Add($"{NameOf(digest)} is missing");
                return;
            }
            if (size is { } told && told != found) wrong.Add($"{NameOf(digest)} has {found} bytes where {told} were announced");
        }
        CopiedManifest? manifest;
        try
        {
            manifest = await Manifest(digest.Value, cancel);
        }
        catch (InvalidDataException damaged)
        {
            wrong.Add(damaged.Message);
            return;
        }
        if (manifest is null) return;
        string? mediaType = manifest.MediaType;
        ManifestDocument.Read(manifest.Content, ref mediaType, out var document);
        foreach (var child in document.Manifests ?? [])
        {
            if (ManifestTypes.Contains(child.MediaType ?? "")) await Check(child.Digest, child.Size, depth + 1, seen, wrong, cancel);
            else if (seen.Add(child.Digest)) await CheckBlob(child, wrong, cancel);
        }
        foreach (var blob in (document.Config is null ? [] : new[] { document.Config }).Concat(document.Layers ?? []).Where(blob => blob.Urls is not { Count: > 0 }))
            if (seen.Add(blob.Digest)) await CheckBlob(blob, wrong, cancel);
    }

    async Task CheckBlob(Descriptor blob, List<string> wrong, CancellationToken cancel)
    {
        var name = NameOf(blob.Digest);
        if (_files.Length(name) is not { } length) wrong.Add($"{name} is missing");
        else if (length != blob.Size) wrong.Add($"{name} has {length} bytes where {blob.Size} were announced");
        // The layers of a docker archive were hashed when they were found.
        else if (!_blobs.ContainsKey(blob.Digest) && await HashOf(name, blob.Digest.Algorithm, cancel) != blob.Digest.Hex) wrong.Add($"{name} does not have the digest that its name says");
    }

    void ReadLayout(LayoutIndex index)
    {
        if (index.Manifests is not { Count: > 0 } entries) throw new InvalidDataException("index.json lists no images.");
        if (entries.Count > MaxImages) throw new InvalidDataException($"index.json lists more than {MaxImages} images.");
        foreach (var entry in entries)
        {
            if (entry is null) throw new InvalidDataException("index.json has a null where a descriptor should stand.");
            var length = _files.Length(NameOf(entry.Digest));
            if (length is null) throw new InvalidDataException($"index.json lists {entry.Digest}, and there is no {NameOf(entry.Digest)}.");
            if (length != entry.Size) throw new InvalidDataException($"index.json says that {NameOf(entry.Digest)} has {entry.Size} bytes; it has {length}.");
            var name = entry.Annotations?.GetValueOrDefault(NameAnnotation);
            var tag = entry.Annotations?.GetValueOrDefault(TagAnnotation);
            _images.Add(new ArchivedImage(entry.Digest, name ?? tag));
        }
    }

    async Task ReadDocker(IReadOnlyList<DockerEntry> entries, CancellationToken cancel)
    {
        if (entries.Count is 0 or > MaxImages) throw new InvalidDataException($"manifest.json lists {entries.Count} images; expected 1 to {MaxImages}.");
        foreach (var entry in entries)
        {
            if (entry?.Config is not { } configName || entry.Layers is not { } layers) throw new InvalidDataException("manifest.json has an entry without Config or Layers.");
            var content = await _files.Read(configName, MaxConfig, cancel) ?? throw new InvalidDataException($"manifest.json names the configuration '{configName}', which is missing.");
            var config = Parse(content, LayoutJson.Plain.ImageConfig, configName);
            var configDigest = Digest.Sha256(content);
            _blobs[configDigest] = configName;
            var made = new List<MadeDescriptor>();
            for (var i = 0; i < layers.Count; i++) made.Add(await Layer(layers[i], config.Rootfs?.DiffIds?.ElementAtOrDefault(i), cancel));
            if (config.Rootfs?.DiffIds is { } ids && ids.Count != layers.Count) throw new InvalidDataException($"'{configName}' speaks of {ids.Count} layers, manifest.json of {layers.Count}.");
            var manifest = JsonSerializer.SerializeToUtf8Bytes(
                new MadeManifest(2, ManifestDocument.OciImage, new MadeDescriptor("application/vnd.oci.image.config.v1+json", configDigest, content.Length), made), LayoutJson.Plain.MadeManifest);
            var digest = Digest.Sha256(manifest);
            _made[digest] = new CopiedManifest(digest, ManifestDocument.OciImage, manifest);
            foreach (var name in entry.RepoTags is { Count: > 0 } tags ? tags : [null!]) _images.Add(new ArchivedImage(digest, name));
        }
    }

    async Task<MadeDescriptor> Layer(string name, string? diffId, CancellationToken cancel)
    {
        if (_files.Length(name) is not { } length) throw new InvalidDataException($"manifest.json names the layer '{name}', which is missing.");
        var known = _blobs.FirstOrDefault(blob => blob.Value == name).Key;
        var digest = known != default ? known : Digest.Parse("sha256:" + await HashOf(name, "sha256", cancel));
        var start = new byte[2];
        await using (var stream = _files.Open(name)!) await stream.ReadAtLeastAsync(start, 2, throwOnEndOfStream: false, cancel);
        var zipped = start[0] == 0x1f && start[1] == 0x8b;
        if (!zipped && diffId is not null && diffId != digest.Value) throw new InvalidDataException($"the layer '{name}' has the digest {digest} where the image's configuration says {diffId}: the archive is damaged.");
        _blobs[digest] = name;
        return new MadeDescriptor("application/vnd.oci.image.layer.v1.tar" + (zipped ? "+gzip" : ""), digest, length);
    }

    string NameOf(Digest digest) => _blobs.TryGetValue(digest, out var name) ? name : $"blobs/{digest.Algorithm}/{digest.Hex}";

    async Task<string> HashOf(string name, string algorithm, CancellationToken cancel)
    {
        await using var stream = _files.Open(name)!;
        return Convert.ToHexStringLower(algorithm == "sha512" ? await SHA512.HashDataAsync(stream, cancel) : await SHA256.HashDataAsync(stream, cancel));
    }

    static string HashOf(Digest digest, byte[] content) => Convert.ToHexStringLower(digest.Algorithm == "sha512" ? SHA512.HashData(content) : SHA256.HashData(content));

    static T Parse<T>(byte[] json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"{name} is not what it should be: {wrong.Message}", wrong);
        }
    }

    static readonly HashSet<string> ManifestTypes = [ManifestDocument.OciIndex, ManifestDocument.OciImage, ManifestDocument.DockerList, ManifestDocument.DockerImage];
}

/// <param name="Name">As the archive has it: a whole reference, a tag alone, or null.</param>
sealed record ArchivedImage(Digest Digest, string? Name);
