using System.Formats.Tar;
using Slipway.Model;

namespace Slipway.Pipelines.Images.Contexts;

/// <summary>One entry of a context.</summary>
/// <param name="Name">From the context's root, with '/'.</param>
/// <param name="Info">What stands there itself, a link not followed.</param>
internal sealed record ContextFile(string Name, FileSystemInfo Info, TarEntryType Type);

/// <summary>Walks a context folder in the order of names, so that the same files give the same tar, and leaves out what its .dockerignore ignores.</summary>
/// <param name="always">Files that are sent even where they are ignored.</param>
/// <param name="leftOut">Gets the name of each thing that is neither file, folder nor link.</param>
internal sealed class ContextFiles(string root, IgnorePatterns ignore, IReadOnlySet<string> always, Action<string> leftOut)
{
    /// <exception cref="InvalidInputException">A folder can't be read.</exception>
    public IEnumerable<ContextFile> Walk() => Walk(new DirectoryInfo(root), "");

    public static InvalidInputException Unreadable(string path, UnauthorizedAccessException refused) => new(new Diagnostic
    {
        Message = $"'{path}' of the build context can't be read: {refused.Message}",
        File = path,
        Expected = "what the server may read, or a line in .dockerignore that leaves it out",
    });

    IEnumerable<ContextFile> Walk(DirectoryInfo folder, string prefix)
    {
        foreach (var child in Children(folder))
        {
            var name = prefix + child.Name;
            var isLink = child.LinkTarget is not null;
            if (!isLink && child is DirectoryInfo below)
            {
                foreach (var file in WalkFolder(below, name)) yield return file;
                continue;
            }
            if (!IsSent(name)) continue;
            if (isLink) yield return new ContextFile(name, child, TarEntryType.SymbolicLink);
            else if (IsRegular((FileInfo)child)) yield return new ContextFile(name, child, TarEntryType.RegularFile);
            else leftOut(name);
        }
    }

    static FileSystemInfo[] Children(DirectoryInfo folder)
    {
        try
        {
            var children = folder.GetFileSystemInfos();
            Array.Sort(children, (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return children;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException refused)
        {
            throw Unreadable(folder.FullName, refused);
        }
    }

    /// <summary>A folder that is ignored itself is there when something below it is sent.</summary>
    IEnumerable<ContextFile> WalkFolder(DirectoryInfo folder, string name)
    {
        var self = new ContextFile(name, folder, TarEntryType.Directory);
        var isSent = !ignore.Ignores(name);
        if (isSent) yield return self;
        else if (ignore.IgnoresAllBelow(name) && !always.Any(a => a.StartsWith(name + "/", StringComparison.Ordinal))) yield break;
        foreach (var file in Walk(folder, name + "/"))
        {
            if (!isSent)
            {
                yield return self;
                isSent = true;
            }
            yield return file;
        }
    }

    bool IsSent(string name) => always.Contains(name) || !ignore.Ignores(name);

    /// <summary>
    /// Sockets, pipes and devices must not be opened: reading a pipe waits for ever. All of them are 0 bytes long, so only empty files
    /// are looked at closer; the tar writer knows their kinds without opening them.
    /// </summary>
    static bool IsRegular(FileInfo file)
    {
        if (file.Length > 0) return true;
        try
        {
            using var probe = new MemoryStream();
            using (var writer = new TarWriter(probe, TarEntryFormat.Pax, leaveOpen: true)) writer.WriteEntry(file.FullName, "probe");
            probe.Position = 0;
            using var reader = new TarReader(probe);
            return reader.GetNextEntry()?.EntryType is TarEntryType.RegularFile;
        }
        catch (IOException unknown) when (unknown is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // A regular file that may not be read: the sender opens it and says so.
            return true;
        }
    }
}
