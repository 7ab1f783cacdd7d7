using System.Collections.Concurrent;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;

namespace Slipway.Registry.Layouts;

/// <summary>
/// Brings the images of an archive into a registry, over its API. The whole archive is checked before the first byte is sent; tags are set last, when
/// everything is there.
/// </summary>
public static class ImageImport
{
    const int ParallelBlobs = 3;

    /// <param name="path">A file, a folder, or "-" with <paramref name="input"/>.</param>
    /// <param name="name">What to call the image: NAME[:TAG]; with '/' at its end it is put before each image's own last segment; null: as the archive says.</param>
    /// <param name="input">Standard input, for "-".</param>
    /// <param name="imported">Told of each image when it is there.</param>
    /// <exception cref="InvalidInputException">The archive, or what to call its images, is wrong: nothing was changed.</exception>
    /// <exception cref="IOException">The registry did not take it, or the archive could not be read.</exception>
    public static async Task Run(string path, RemoteRegistry registry, string? name, Stream input, Action<ImportedImage> imported, CancellationToken cancel)
    {
        using var images = await Open(path, input, cancel);
        var plan = await Plan(images, name, cancel);
        if (await images.Check(plan.Select(image => image.Digest), cancel) is { Count: > 0 } wrong)
            throw new InvalidInputException([.. wrong.Select(text => new Diagnostic { File = path, Message = text })]);

        using var client = new RegistryClient(registry, TimeProvider.System);
        var places = new ConcurrentDictionary<Digest, string>();
        var ready = new List<(RemoteImages Target, PlannedImage Image, CopiedImage Copied, ImportedImage Report)>();
        foreach (var image in plan)
        {
            var target = new RemoteImages(client, image.Repository, Patience.Waiting, places, null);
            var copy = new ImageCopy(images, target, ParallelBlobs);
            var copied = await copy.Copy(image.Digest.Value, withReferrers: false, cancel) ?? throw new InvalidDataException($"{path}: {image.Digest} is gone.");
            ready.Add((target, image, copied, new ImportedImage(image.Repository, image.Tag, image.Digest, copy.Count.Blobs, copy.Count.Bytes)));
        }
        foreach (var (target, image, copied, report) in ready)
        {
            if (image.Tag is not null) await target.PutManifest(copied.Root, image.Tag, cancel);
            imported(report);
        }
    }

    static async Task<ArchivedImages> Open(string path, Stream input, CancellationToken cancel)
    {
        try
        {
            if (path != "-" && Directory.Exists(path)) return await ArchivedImages.Open(new FolderFiles(path), cancel);
            var content = path == "-" ? input : new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 64 << 10 });
            return await ArchivedImages.Open(await TarFiles.Open(path, content, cancel), cancel);
        }
        catch (Exception wrong) when (wrong is InvalidDataException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(new Diagnostic { Message = wrong.Message });
        }
    }

    /// <summary>What each image is to be called. What refers to another image goes where that goes.</summary>
    static async Task<IReadOnlyList<PlannedImage>> Plan(ArchivedImages images, string? name, CancellationToken cancel)
    {
        var wrong = new List<Diagnostic>();
        var plan = new List<PlannedImage>();
        var attached = new List<(Digest Digest, Digest Subject)>();
        var roots = images.Images.Select(image => image.Digest).Distinct().Count();
        foreach (var image in images.Images)
        {
            if (image.Name is null && await Subject(images, image.Digest, cancel) is { } subject)
            {
                attached.Add((image.Digest, subject));
                roots--;
                continue;
            }
        }
        foreach (var image in images.Images.Where(image => attached.All(one => one.Digest != image.Digest)))
        {
            if (ImportName.For(image, name, alone: roots == 1, out var problem) is { } planned) plan.Add(planned);
            else wrong.Add(new Diagnostic { File = images.Path, Message = problem! });
        }
        foreach (var clash in plan.Where(image => image.Tag is not null).GroupBy(image => (image.Repository, image.Tag)).Where(group => group.Select(image => image.Digest).Distinct().Count() > 1))
            wrong.Add(new Diagnostic { File = images.Path, Message = $"several of its images would be called {clash.Key.Repository}:{clash.Key.Tag}", Expected = "--as PREFIX/ to keep their own names" });
        if (wrong.Count > 0) throw new InvalidInputException(wrong);

        var homes = new Dictionary<Digest, HashSet<string>>();
        foreach (var image in plan) await Spread(images, image.Digest, image.Repository, homes, 0, cancel);
        // A signature of a signature: until nothing is added any more.
        for (var before = -1; before != plan.Count;)
        {
            before = plan.Count;
            foreach (var (digest, subject) in attached)
                foreach (var home in homes.GetValueOrDefault(subject)?.ToList() ?? [])
                    if (!plan.Any(image => image.Digest == digest && image.Repository == home))
                    {
                        plan.Add(new PlannedImage(digest, home, null));
                        await Spread(images, digest, home, homes, 0, cancel);
                    }
        }
        return plan;
    }

    /// <summary>Notes that a repository will have the manifest and, of an index, all its children.</summary>
    static async Task Spread(ArchivedImages images, Digest digest, string repository, Dictionary<Digest, HashSet<string>> homes, int depth, CancellationToken cancel)
    {
        const int MaxDepth = 8;
        if (!homes.TryGetValue(digest, out var known)) homes[digest] = known = new HashSet<string>(StringComparer.Ordinal);
        if (!known.Add(repository) || depth > MaxDepth) return;
        foreach (var child in (await Read(images, digest, cancel))?.Children ?? []) await Spread(images, child, repository, homes, depth + 1, cancel);
    }

    static async Task<Digest?> Subject(ArchivedImages images, Digest digest, CancellationToken cancel) => (await Read(images, digest, cancel))?.Subject?.Digest;

    static async Task<ManifestDocument?> Read(ArchivedImages images, Digest digest, CancellationToken cancel)
    {
        try
        {
            if (await images.Manifest(digest.Value, cancel) is not { } manifest) return null;
            string? mediaType = manifest.MediaType;
            return ManifestDocument.Read(manifest.Content, ref mediaType, out var document) is null ? document : null;
        }
        catch (InvalidDataException)
        {
            // The check of the whole archive, which follows, names it.
            return null;
        }
    }
}

/// <param name="Tag">Null: only under its digest.</param>
/// <param name="Blobs">How many were sent; others were there.</param>
/// <param name="Bytes">That were sent.</param>
public sealed record ImportedImage(string Repository, string? Tag, Digest Digest, int Blobs, long Bytes);

sealed record PlannedImage(Digest Digest, string Repository, string? Tag);
