using System.Globalization;
using System.IO.Compression;
using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images.Diffs;

/// <summary>
/// Compares two images: configs, layers, and the files that a container would see. Layers are read as streams; what is held is one line for each file,
/// bounded, and one comparison of files goes on at a time. Thread-safe.
/// </summary>
public sealed class ImageDiffs : IDisposable
{
    /// <summary>Files of one image, and bytes of its unpacked layers; beyond them files are not compared.</summary>
    const int MaxEntries = 300_000;
    const long MaxBytes = 20L << 30;

    readonly ManifestStore _manifests;
    readonly ImageInspection _inspection;
    readonly ConfigReader _configs;
    readonly BlobIndex _blobs;
    readonly IBlobStore _store;
    readonly SemaphoreSlim _turn = new(1, 1);

    internal ImageDiffs(ManifestStore manifests, ImageInspection inspection, ConfigReader configs, BlobIndex blobs, IBlobStore store) =>
        (_manifests, _inspection, _configs, _blobs, _store) = (manifests, inspection, configs, blobs, store);

    /// <param name="platform">Of indexes; null: linux/amd64, or the first.</param>
    /// <param name="files">Compare the files too: reads all layers.</param>
    /// <exception cref="InvalidInputException">No image's name.</exception>
    /// <exception cref="NotFoundException">There is no such image, or none for the platform.</exception>
    public async Task<ImageDiff> Compare(string from, string to, string? platform, bool files, CancellationToken cancel)
    {
        var (before, after) = (await Load(from, platform, cancel), await Load(to, platform, cancel));
        return new ImageDiff
        {
            From = before.Shown,
            To = after.Shown,
            Config = ConfigDiff.Of(before.Config, after.Config),
            Layers = Layers(before, after),
            Files = files ? await Files(before, after, cancel) : null,
        };
    }

    public void Dispose() => _turn.Dispose();

    async Task<Side> Load(string image, string? platform, CancellationToken cancel)
    {
        var name = ImageName.Parse(image);
        var manifest = _manifests.Find(name.Repository, name.Reference) ?? throw ImageInspection.Missing(name);
        var (found, entry) = _inspection.Resolve(name.Repository, manifest, platform);
        if (found is null) throw new NotFoundException($"{name} has no image here{(entry is null ? "" : $": {entry.Digest} ({entry.Platform}) is missing")}.");
        string? type = found.MediaType;
        if (ManifestDocument.Read(found.Content, ref type, out var document) is not null || document.Layers is not { } layers)
            throw new NotFoundException($"{name} is no image: it has no layers.");
        var config = document.Config is { } descriptor ? await _configs.Read(name.Repository, descriptor.Digest, cancel) : null;
        var steps = (config?.History ?? []).Where(step => !step.EmptyLayer).ToList();
        return new Side(
            new DiffSide(name.ToString(), found.Digest, entry?.Platform ?? (config?.Os is { } os ? Platforms.Text(os, config.Architecture, config.Variant) : null), layers.Sum(layer => layer.Size)),
            name.Repository, config, layers, i => steps.Count == layers.Count ? steps[i].CreatedBy : null);
    }

    static List<LayerChange> Layers(Side before, Side after)
    {
        var (had, has) = (before.Layers.Select(layer => layer.Digest).ToHashSet(), after.Layers.Select(layer => layer.Digest).ToHashSet());
        return
        [
            .. after.Layers.Select((layer, i) => (layer, i)).Where(pair => had.Contains(pair.layer.Digest)).Select(pair => new LayerChange("shared", pair.layer.Digest, pair.layer.Size, after.CreatedBy(pair.i))),
            .. before.Layers.Select((layer, i) => (layer, i)).Where(pair => !has.Contains(pair.layer.Digest)).Select(pair => new LayerChange("removed", pair.layer.Digest, pair.layer.Size, before.CreatedBy(pair.i))),
            .. after.Layers.Select((layer, i) => (layer, i)).Where(pair => !had.Contains(pair.layer.Digest)).Select(pair => new LayerChange("added", pair.layer.Digest, pair.layer.Size, after.CreatedBy(pair.i))),
        ];
    }

    async Task<FileChanges> Files(Side before, Side after, CancellationToken cancel)
    {
        if (before.Layers.Concat(after.Layers).FirstOrDefault(layer => Unreadable(layer.MediaType) is not null) is { } unreadable)
            return new FileChanges { NotCompared = $"{Unreadable(unreadable.MediaType)} layer {unreadable.Digest.Short}: files not compared" };
        await _turn.WaitAsync(cancel);
        try
        {
            return FileDiff.Of(await Tree(before, cancel), await Tree(after, cancel));
        }
        catch (InvalidDataException damaged)
        {
            return new FileChanges { NotCompared = $"files not compared: {damaged.Message}" };
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task<LayerTree> Tree(Side side, CancellationToken cancel)
    {
        var tree = new LayerTree();
        var left = MaxBytes;
        foreach (var layer in side.Layers)
        {
            var blob = _blobs.Find(side.Repository, layer.Digest) ?? throw new InvalidDataException($"layer {layer.Digest.Short} of {side.Shown.Image} is not here");
            var reader = await _store.OpenBlob(blob.Key, cancel) ?? throw new InvalidDataException($"layer {layer.Digest.Short} of {side.Shown.Image} is missing in the store");
            await using var content = new BlobStream(reader);
            await using Stream unpacked = IsGzip(layer.MediaType) ? new GZipStream(content, CompressionMode.Decompress) : content;
            await using var bounded = new BoundedBody(unpacked, left, _ => new InvalidDataException($"{side.Shown.Image} has more than {ByteText.Of(MaxBytes)} unpacked"));
            try
            {
                await tree.Apply(TarStream.Entries(bounded, cancel), MaxEntries);
            }
            catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException)
            {
                throw new InvalidDataException($"layer {layer.Digest.Short} of {side.Shown.Image}: {damaged.Message}", damaged);
            }
            left -= bounded.Position;
        }
        return tree;
    }

    static bool IsGzip(string? mediaType) => mediaType?.EndsWith("gzip", StringComparison.Ordinal) is true;

    /// <summary>What a layer is that can't be read as a tar archive; null where it can.</summary>
    static string? Unreadable(string? mediaType) => mediaType switch
    {
        null => "unknown",
        _ when mediaType.EndsWith("+zstd", StringComparison.Ordinal) || mediaType.EndsWith(".zstd", StringComparison.Ordinal) => "zstd",
        _ when mediaType.EndsWith(".tar", StringComparison.Ordinal) || mediaType.EndsWith(".tar+gzip", StringComparison.Ordinal) || mediaType.EndsWith(".tar.gzip", StringComparison.Ordinal) => null,
        _ => mediaType,
    };

    sealed record Side(DiffSide Shown, RepositoryName Repository, ImageConfig? Config, IReadOnlyList<Descriptor> Layers, Func<int, string?> CreatedBy);
}

/// <summary>Two trees, path by path.</summary>
static class FileDiff
{
    public static FileChanges Of(LayerTree before, LayerTree after)
    {
        var changes = new List<FileChange>();
        foreach (var (path, entry) in after.Entries)
        {
            if (!before.Entries.TryGetValue(path, out var was)) changes.Add(new FileChange("added", Shown(entry), null, Facts(entry)));
            else if (was with { Path = "" } != entry with { Path = "" }) changes.Add(new FileChange("changed", Shown(entry), Facts(was), Facts(entry)));
        }
        foreach (var (path, entry) in before.Entries)
            if (!after.Entries.ContainsKey(path)) changes.Add(new FileChange("removed", Shown(entry), Facts(entry), null));
        changes.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return new FileChanges
        {
            Added = changes.LongCount(change => change.Change == "added"),
            Removed = changes.LongCount(change => change.Change == "removed"),
            Changed = changes.LongCount(change => change.Change == "changed"),
            Entries = changes.Count <= FileChanges.Limit ? changes : changes[..FileChanges.Limit],
        };
    }

    static string Shown(TarEntry entry) => entry.IsFolder ? $"/{entry.Path}/" : $"/{entry.Path}";

    static FileFacts Facts(TarEntry entry) => new(
        entry.Size, Convert.ToString(entry.Mode, 8).PadLeft(4, '0'), string.Create(CultureInfo.InvariantCulture, $"{entry.Uid}:{entry.Gid}"), entry.Target);
}
