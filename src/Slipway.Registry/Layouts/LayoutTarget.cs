using System.Text.Json;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Layouts;

/// <summary>
/// A layout that images are copied into, as they come; it is an OCI layout and what docker load of any age takes, at once:
/// <code>
/// blobs/sha256/HEX   manifests, configurations, layers
/// oci-layout         the mark of a layout
/// index.json         what is in it, by name
/// manifest.json      the same for docker load before version 25
/// </code>
/// </summary>
sealed class LayoutTarget(LayoutOutput output) : IImageTarget, IDisposable
{
    readonly SemaphoreSlim _one = new(1, 1);
    readonly HashSet<Digest> _written = [];
    readonly Dictionary<Digest, CopiedManifest> _manifests = [];
    readonly Dictionary<Digest, byte[]> _configs = [];
    readonly List<LayoutEntry> _index = [];
    readonly List<DockerEntry> _docker = [];

    public Task<bool> HasManifest(Digest digest, CancellationToken cancel) => Task.FromResult(_manifests.ContainsKey(digest));

    public async Task<long> PutBlob(Digest digest, long size, IImageSource source, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (!_written.Add(digest)) return 0;
            var blob = await source.OpenBlob(digest, 0, cancel) ?? throw new FileNotFoundException($"The registry does not have blob {digest}.");
            await using (blob.Stream) await Write(digest, blob.Stream, size, cancel);
            return size;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <param name="manifest">Written as a blob.</param>
    /// <param name="tag">The image's whole name: "guestbook/web:v1"; null: it is only part of another.</param>
    public async Task PutManifest(CopiedManifest manifest, string? tag, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_written.Add(manifest.Digest)) await Write(manifest.Digest, new MemoryStream(manifest.Content), manifest.Content.Length, cancel);
            _manifests[manifest.Digest] = manifest;
            var document = Read(manifest);
            // What refers to another image is found through the index alone.
            if (tag is not null || document.Subject is not null) List(manifest, document, tag);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Adds an image to what docker load before version 25 finds. An index is one image there: that of this machine's platform.</summary>
    public async Task ForDocker(CopiedManifest image, string name, IImageSource source, CancellationToken cancel)
    {
        if (await Single(image, source, cancel) is not { } manifest) return;
        var document = Read(manifest);
        if (document.Config is not { } config || document.Layers is not { } layers || config.MediaType is not ("application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json")) return;
        if (_docker.FirstOrDefault(entry => entry.Config == NameOf(config.Digest)) is { } known)
        {
            _docker[_docker.IndexOf(known)] = known with { RepoTags = [.. known.RepoTags!, name] };
            return;
        }
        _docker.Add(new DockerEntry { Config = NameOf(config.Digest), RepoTags = [name], Layers = [.. layers.Select(layer => NameOf(layer.Digest))] });
    }

    public async Task Complete(CancellationToken cancel)
    {
        await Write("oci-layout", JsonSerializer.SerializeToUtf8Bytes(new LayoutMark("1.0.0"), LayoutJson.Plain.LayoutMark), cancel);
        if (_docker.Count > 0) await Write("manifest.json", JsonSerializer.SerializeToUtf8Bytes(_docker, LayoutJson.Plain.IReadOnlyListDockerEntry), cancel);
        await Write("index.json", JsonSerializer.SerializeToUtf8Bytes(new LayoutIndex { Manifests = _index }, LayoutJson.Plain.LayoutIndex), cancel);
        await output.Complete(cancel);
    }

    public void Dispose() => _one.Dispose();

    void List(CopiedManifest manifest, ManifestDocument document, string? name)
    {
        if (_index.Any(entry => entry.Digest == manifest.Digest && entry.Annotations?.GetValueOrDefault(ArchivedImages.TagAnnotation) == name)) return;
        _index.Add(new LayoutEntry
        {
            MediaType = manifest.MediaType,
            Digest = manifest.Digest,
            Size = manifest.Content.Length,
            ArtifactType = document.ArtifactType,
            Annotations = name is null ? null : new Dictionary<string, string>
            {
                [ArchivedImages.TagAnnotation] = name,
                // What containerd and docker load call it; without a registry a name is Docker Hub's.
                [ArchivedImages.NameAnnotation] = ImageReference.TryParse(name, out var reference) ? reference.ToString() : name,
            },
        });
    }

    /// <summary>The image for this machine's platform; of several for the same, the first.</summary>
    async Task<CopiedManifest?> Single(CopiedManifest image, IImageSource source, CancellationToken cancel)
    {
        var document = Read(image);
        if (document.Manifests is not { } children) return image;
        var architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";
        CopiedManifest? any = null;
        foreach (var child in children)
        {
            if (!_manifests.TryGetValue(child.Digest, out var manifest) || Read(manifest).Config is not { } config) continue;
            if (await Config(config, source, cancel) is not { Os: "linux" } read) continue;
            if (read.Architecture == architecture) return manifest;
            any ??= manifest;
        }
        return any;
    }

    async Task<ImageConfig?> Config(Descriptor config, IImageSource source, CancellationToken cancel)
    {
        const int MaxConfig = 4 << 20;
        if (!_configs.TryGetValue(config.Digest, out var content))
        {
            if (config.Size > MaxConfig || await source.OpenBlob(config.Digest, 0, cancel) is not { } blob) return null;
            content = new byte[config.Size];
            await using (blob.Stream) await blob.Stream.ReadExactlyAsync(content, cancel);
            _configs[config.Digest] = content;
        }
        try
        {
            return JsonSerializer.Deserialize(content, LayoutJson.Plain.ImageConfig);
        }
        catch (JsonException)
        {
            // Some artifact's: not for docker.
            return null;
        }
    }

    async Task Write(Digest digest, Stream content, long size, CancellationToken cancel)
    {
        if (await output.Write(NameOf(digest), content, size, digest.Algorithm, cancel) != digest.Hex)
            throw new InvalidDataException($"What the registry answered as {digest} has another digest: the archive was not written.");
    }

    async Task Write(string name, byte[] content, CancellationToken cancel) => await output.Write(name, new MemoryStream(content), content.Length, "sha256", cancel);

    static ManifestDocument Read(CopiedManifest manifest)
    {
        string? mediaType = manifest.MediaType;
        ManifestDocument.Read(manifest.Content, ref mediaType, out var document);
        return document;
    }

    static string NameOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";
}
