using System.Formats.Tar;
using Slipway.Model;

namespace Slipway.Pipelines.Images.Contexts;

/// <summary>
/// The folder that a build sees, as the tar that the engine takes. It is streamed: at most one buffer of one file is in memory.
/// Owner and group are 0 (as docker build sends them), modes and times of change are kept, symbolic links are sent as links and never followed.
/// </summary>
internal sealed class BuildContext
{
    readonly string _root;
    readonly IgnorePatterns _ignore;
    readonly HashSet<string> _always = new(StringComparer.Ordinal);
    readonly byte[]? _addedDockerfile;
    readonly List<string> _leftOut = [];

    /// <param name="root">Absolute path of a folder that exists.</param>
    /// <param name="dockerfile">Absolute path of the Dockerfile, or null where its text is from elsewhere.</param>
    /// <param name="replacement">What the engine is to read in place of the file: an inline Dockerfile, or a changed one.</param>
    /// <exception cref="InvalidInputException">The .dockerignore has lines that are no patterns.</exception>
    public BuildContext(string root, string? dockerfile, byte[]? replacement = null)
    {
        _root = root;
        _ignore = IgnorePatterns.For(root, dockerfile);
        if (replacement is null && dockerfile is not null && PathInside(root, dockerfile) is { } inside)
        {
            Dockerfile = inside;
            _always.Add(inside);
            return;
        }
        Dockerfile = FreeName(root);
        _addedDockerfile = replacement ?? File.ReadAllBytes(dockerfile!);
    }

    /// <summary>The Dockerfile's path in the tar.</summary>
    public string Dockerfile { get; }

    /// <summary>Sockets, pipes and devices that the last <see cref="Write"/> left out.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>
    /// Writes the tar. May be called again.
    /// The .dockerignore itself is sent like any other file, so that one that ignores itself stays out of the image: the engine has no use for it.
    /// </summary>
    /// <exception cref="InvalidInputException">A file can't be read.</exception>
    public async Task Write(Stream output, CancellationToken cancel)
    {
        _leftOut.Clear();
        await using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        if (_addedDockerfile is not null)
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Dockerfile) { DataStream = new MemoryStream(_addedDockerfile), ModificationTime = DateTimeOffset.UnixEpoch }, cancel);
        foreach (var file in new ContextFiles(_root, _ignore, _always, _leftOut.Add).Walk()) await Write(tar, file, cancel);
    }

    static async Task Write(TarWriter tar, ContextFile file, CancellationToken cancel)
    {
        var name = file.Type == TarEntryType.Directory ? file.Name + "/" : file.Name;
        var entry = new PaxTarEntry(file.Type, name) { ModificationTime = file.Info.LastWriteTimeUtc };
        if (file.Type == TarEntryType.SymbolicLink)
        {
            entry.LinkName = file.Info.LinkTarget!;
            await tar.WriteEntryAsync(entry, cancel);
            return;
        }
        try
        {
            entry.Mode = file.Info.UnixFileMode;
            await using var data = file.Type == TarEntryType.RegularFile
                ? new FixedLengthStream(new FileStream(file.Info.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true))
                : null;
            if (data is not null) entry.DataStream = data;
            await tar.WriteEntryAsync(entry, cancel);
        }
        catch (FileNotFoundException)
        {
            // Gone between the look into its folder and now, as an editor's temporary files are: then it is not part of the context.
        }
        catch (UnauthorizedAccessException refused)
        {
            throw ContextFiles.Unreadable(file.Info.FullName, refused);
        }
    }

    /// <summary>The path from the root where the file really is in there; null where it, or a link on the way, leads elsewhere.</summary>
    static string? PathInside(string root, string file)
    {
        var relative = Path.GetRelativePath(root, file);
        if (relative == ".." || relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative)) return null;
        var path = root;
        foreach (var part in relative.Split('/'))
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null) return null;
        }
        return relative;
    }

    static string FreeName(string root)
    {
        for (var i = 0; ; i++)
        {
            var name = i == 0 ? ".slipway.Dockerfile" : $".slipway-{i}.Dockerfile";
            if (!Path.Exists(Path.Combine(root, name))) return name;
        }
    }
}
