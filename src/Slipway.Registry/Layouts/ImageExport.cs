using System.Collections.Concurrent;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;

namespace Slipway.Registry.Layouts;

/// <summary>Writes images of a registry, with everything that belongs to them, into one archive, over the registry's API.</summary>
public static class ImageExport
{
    /// <param name="images">NAME[:TAG|@DIGEST], with or without the registry's own address before it.</param>
    /// <param name="output">A tar file, or a folder where it is one or ends with '/'. Nothing is there under its name before it is whole.</param>
    /// <param name="exported">Told of each image when it is in the archive.</param>
    /// <exception cref="InvalidInputException">No such image, or no name of one.</exception>
    /// <exception cref="IOException">The registry did not give it, or the archive could not be written.</exception>
    public static async Task Run(IReadOnlyList<string> images, RemoteRegistry registry, string output, Action<ExportedImage> exported, CancellationToken cancel)
    {
        var wanted = Parse(images, registry);
        using var client = new RegistryClient(registry, TimeProvider.System);
        foreach (var image in wanted)
            if (await client.Head(image.Repository, image.Reference, Patience.Waiting, cancel) is null)
                throw new InvalidInputException(new Diagnostic { Message = $"there is no image {image.Name} at {registry}", Found = image.Name });

        await using LayoutOutput archive = output.EndsWith('/') || Directory.Exists(output) ? new FolderOutput(output) : new TarOutput(output);
        using var target = new LayoutTarget(archive);
        foreach (var image in wanted)
        {
            var source = new RemoteImages(client, image.Repository, Patience.Waiting, new ConcurrentDictionary<Digest, string>(), null);
            // One after the other: an archive is written from its beginning to its end.
            var copy = new ImageCopy(source, target, parallelBlobs: 1);
            var copied = await copy.Copy(image.Reference, withReferrers: true, cancel) ?? throw new FileNotFoundException($"{image.Name} has gone while it was exported.");
            await target.PutManifest(copied.Root, image.Name, cancel);
            foreach (var (tag, manifest) in copied.Companions) await target.PutManifest(manifest, $"{image.Repository}:{tag}", cancel);
            if (image.Tagged) await target.ForDocker(copied.Root, image.Name, source, cancel);
            exported(new ExportedImage(image.Name, copied.Root.Digest, copy.Count.Manifests, copy.Count.Blobs, copy.Count.Bytes));
        }
        await target.Complete(cancel);
    }

    static List<(string Repository, string Reference, string Name, bool Tagged)> Parse(IReadOnlyList<string> images, RemoteRegistry registry)
    {
        var (found, wrong) = (new List<(string, string, string, bool)>(), new List<Diagnostic>());
        foreach (var text in images)
        {
            var own = registry.Url.Authority + "/";
            var name = text.StartsWith(own, StringComparison.Ordinal) ? text[own.Length..] : text;
            var digest = name.IndexOf('@', StringComparison.Ordinal);
            var colon = name.LastIndexOf(':');
            var (repository, reference) = digest > 0 ? (name[..digest].Split(':')[0], name[(digest + 1)..])
                : colon > name.LastIndexOf('/') ? (name[..colon], name[(colon + 1)..])
                : (name, "latest");
            if (!RepositoryName.TryParse(repository, out _) || Reference.TryParse(reference) is not { } parsed)
                wrong.Add(new Diagnostic { Message = $"'{text}' is no image of the registry", Found = text, Expected = "NAME:TAG or NAME@DIGEST" });
            else found.Add(parsed is Reference.ByTag ? (repository, reference, $"{repository}:{reference}", true) : (repository, reference, $"{repository}@{reference}", false));
        }
        return wrong.Count > 0 ? throw new InvalidInputException(wrong) : found;
    }
}

/// <param name="Bytes">That are in the archive for it and were not for one before it.</param>
public sealed record ExportedImage(string Name, Digest Digest, int Manifests, int Blobs, long Bytes);
