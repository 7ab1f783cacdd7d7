using System.Formats.Tar;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Releases.Sites;

/// <summary>From the archive of an image's folder to a pack (<see cref="SitePack"/>). Reads the archive once, and holds no content in memory.</summary>
sealed class SitePacker(StaticFiles settings, SiteLimits limits)
{
    const string WellKnown = ".well-known";

    /// <param name="archive">A tar stream whose names begin with ./</param>
    /// <param name="pack">Empty; can be read and written.</param>
    /// <exception cref="SiteException">What the archive holds can't be a site.</exception>
    public async Task<SiteReport> Pack(Stream archive, Stream pack, CancellationToken cancel)
    {
        var (tree, content) = (new SiteTree(settings.Root, limits), new SiteContents(pack, limits.Bytes, settings.Root));
        await Read(archive, tree, content, cancel);
        var files = tree.Files();
        Check(files);
        var index = new SiteIndex { Settings = settings, Files = Encoded(files, content, cancel) };
        content.End(JsonSerializer.SerializeToUtf8Bytes(index, ModelJson.Default.SiteIndex));
        return new SiteReport(files.Count, content.Bytes, tree.LeftOut);
    }

    async Task Read(Stream archive, SiteTree tree, SiteContents content, CancellationToken cancel)
    {
        try
        {
            await using var reader = new TarReader(archive, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancel) is { } entry)
            {
                var segments = tree.Segments(entry.Name);
                if (IsHidden(segments)) continue;
                if (await NodeOf(entry, tree, content, cancel) is { } node) tree.Add(segments, node);
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new SiteException($"The archive of {settings.Root} can't be read: {broken.Message}");
        }
    }

    static async Task<SiteNode?> NodeOf(TarEntry entry, SiteTree tree, SiteContents content, CancellationToken cancel)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                return new SiteFolder();
            case TarEntryType.SymbolicLink:
                return new SiteLink(entry.LinkName);
            case TarEntryType.HardLink:
                if (tree.Find(tree.Segments(entry.LinkName)) is { } same) return same;
                tree.LeftOut.Add($"{entry.Name} is a link to {entry.LinkName}, which was left out or is not there");
                return null;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                return new SiteContent(await content.Add(entry.DataStream, entry.Length, cancel), entry.ModificationTime.ToUnixTimeSeconds());
            case TarEntryType.ExtendedAttributes or TarEntryType.GlobalExtendedAttributes:
                return null;
            default:
                tree.LeftOut.Add($"{entry.Name} is neither file nor folder nor link");
                return null;
        }
    }

    bool IsHidden(string[] segments)
    {
        if (settings.Dotfiles) return false;
        for (var i = 0; i < segments.Length; i++)
            if (segments[i].StartsWith('.') && !(i == 0 && segments[i] == WellKnown)) return true;
        return false;
    }

    void Check(IReadOnlyList<(string Path, SiteContent Content)> files)
    {
        if (files.Count == 0) throw new SiteException($"There is no file below {settings.Root} of the image.");
        foreach (var (key, path) in ((string, string?)[])[("fallback", settings.Fallback), ("not-found", settings.NotFound)])
            if (path is not null && files.All(f => f.Path != path))
                throw new SiteException($"x-release.static.{key} is {path}, which is not below {settings.Root} of the image; there is {string.Join(", ", files.Take(10).Select(f => f.Path))}{(files.Count > 10 ? " ..." : "")}");
    }

    /// <summary>With what stands beside a file as FILE.br and FILE.gz; else, where that is asked for, with what is made of it here.</summary>
    List<SiteFile> Encoded(IReadOnlyList<(string Path, SiteContent Content)> files, SiteContents content, CancellationToken cancel)
    {
        var byPath = files.ToDictionary(f => f.Path, f => f.Content.Bytes);
        var index = new List<SiteFile>(files.Count);
        foreach (var (path, file) in files)
        {
            cancel.ThrowIfCancellationRequested();
            var (brotli, gzip) = (Beside(".br"), Beside(".gz"));
            if (settings.Compress && SiteEncodings.IsWorthIt(path, file.Bytes.Length))
            {
                brotli ??= content.Encode(file.Bytes, SiteEncodings.Brotli);
                gzip ??= content.Encode(file.Bytes, SiteEncodings.Gzip);
            }
            index.Add(new SiteFile { Path = path, Modified = file.Modified, Plain = file.Bytes, Brotli = brotli, Gzip = gzip });

            SiteBytes? Beside(string extension) => byPath.TryGetValue(path + extension, out var bytes) && bytes.Length < file.Bytes.Length ? bytes : null;
        }
        return index;
    }
}

/// <param name="Bytes">In the pack, encoded forms among them.</param>
/// <param name="LeftOut">A sentence for each name that is not served.</param>
sealed record SiteReport(int Files, long Bytes, IReadOnlyList<string> LeftOut);
