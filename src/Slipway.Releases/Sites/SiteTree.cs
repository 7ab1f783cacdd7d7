using Slipway.Model;

namespace Slipway.Releases.Sites;

/// <summary>
/// The names of an archive, as a tree in memory: nothing of it becomes a path of this machine. Links are followed here, within the tree alone; one that
/// leads out of it leads nowhere.
/// </summary>
/// <param name="root">Where the tree stood in its image, for absolute links.</param>
sealed class SiteTree(string root, SiteLimits limits)
{
    /// <summary>As Linux has it (path_resolution(7)).</summary>
    const int MostLinks = 40;

    readonly SiteFolder _root = new();
    int _entries;

    /// <summary>What was left out, and why; a sentence each.</summary>
    public List<string> LeftOut { get; } = [];

    /// <summary>The segments of a name of the archive; a name that leads out of it is refused with all that is in it.</summary>
    /// <exception cref="SiteException">It does, or it is too long.</exception>
    public string[] Segments(string name)
    {
        if (name.Length > limits.Path + 2) throw new SiteException($"A path in the image has {name.Length} characters, of {limits.Path} that it may have: {name[..64]}...");
        var segments = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(s => s != ".").ToArray();
        if (name.StartsWith('/') || segments.Contains("..") || name.Contains('\0', StringComparison.Ordinal)) throw new SiteException($"The archive of the image names '{name}', which is not below {root}. Nothing of it was taken.");
        if (segments.Length > limits.Depth) throw new SiteException($"Folders in the image lie {segments.Length} deep, of {limits.Depth} that they may: {name}");
        return segments;
    }

    /// <summary>A later entry of the same name takes the place of an earlier one.</summary>
    public void Add(string[] segments, SiteNode node)
    {
        Count();
        if (segments.Length == 0) return;
        var folder = _root;
        foreach (var segment in segments.AsSpan(0, segments.Length - 1))
        {
            if (folder.Children.TryGetValue(segment, out var there) && there is SiteFolder next) folder = next;
            else
            {
                Count();
                var made = new SiteFolder();
                folder.Children[segment] = made;
                folder = made;
            }
        }
        if (node is SiteFolder && folder.Children.TryGetValue(segments[^1], out var known) && known is SiteFolder) return;
        folder.Children[segments[^1]] = node;
    }

    /// <summary>What stands at a name of the archive, as a hard link means it; null: nothing.</summary>
    public SiteContent? Find(string[] segments) => Walk([], string.Join('/', segments)) as SiteContent;

    /// <summary>Every file by its path, in the order of the paths.</summary>
    /// <exception cref="SiteException">There are more than there may be.</exception>
    public IReadOnlyList<(string Path, SiteContent Content)> Files()
    {
        var files = new List<(string Path, SiteContent Content)>();
        _entries = 0;
        Visit(_root, [], [_root], files);
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return files;
    }

    void Visit(SiteFolder folder, string[] at, List<SiteFolder> within, List<(string Path, SiteContent Content)> files)
    {
        if (within.Count > limits.Depth) throw new SiteException($"Folders in the image lie more than {limits.Depth} deep: /{string.Join('/', at)}");
        foreach (var (name, child) in folder.Children.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            Count();
            string[] path = [.. at, name];
            var node = child is SiteLink ? Walk(at, name) : child;
            switch (node)
            {
                case SiteContent content:
                    files.Add(($"/{string.Join('/', path)}", content));
                    break;
                case SiteFolder inner when within.Contains(inner):
                    LeftOut.Add($"/{string.Join('/', path)} is a link to a folder that it is in");
                    break;
                case SiteFolder inner:
                    Visit(inner, path, [.. within, inner], files);
                    break;
                default:
                    LeftOut.Add($"/{string.Join('/', path)} is a link to {((SiteLink)child).Target}, which is not below {root}");
                    break;
            }
        }
    }

    /// <summary>Follows a path from a folder, links and all; null: it leads out of the tree, in circles, or to nothing.</summary>
    SiteNode? Walk(string[] from, string path)
    {
        var folders = new Stack<SiteFolder>([_root]);
        var rest = new LinkedList<string>(from.Concat(path.Split('/')));
        for (var links = 0; rest.First is { Value: var segment };)
        {
            rest.RemoveFirst();
            if (segment is "" or ".") continue;
            if (segment == "..")
            {
                if (folders.Count == 1) return null;
                folders.Pop();
                continue;
            }
            switch (folders.Peek().Children.GetValueOrDefault(segment))
            {
                case SiteFolder folder:
                    folders.Push(folder);
                    break;
                case SiteContent content:
                    return rest.All(s => s is "" or ".") ? content : null;
                case SiteLink link:
                    if (++links > MostLinks || Below(link.Target, folders) is not { } target) return null;
                    foreach (var part in target.Split('/').Reverse()) rest.AddFirst(part);
                    break;
                default:
                    return null;
            }
        }
        return folders.Peek();
    }

    /// <summary>The target from where the walk stands, an absolute one from the top of the tree; null: it is outside.</summary>
    string? Below(string target, Stack<SiteFolder> folders)
    {
        if (!target.StartsWith('/')) return target;
        var prefix = root == "/" ? "" : root;
        if (target != prefix && !target.StartsWith(prefix + "/", StringComparison.Ordinal)) return null;
        while (folders.Count > 1) folders.Pop();
        return target[prefix.Length..];
    }

    void Count()
    {
        if (++_entries > limits.Entries) throw new SiteException($"There are more than {limits.Entries} files and folders below {root} of the image.");
    }
}

abstract class SiteNode;

sealed class SiteFolder : SiteNode
{
    public Dictionary<string, SiteNode> Children { get; } = new(StringComparer.Ordinal);
}

sealed class SiteLink(string target) : SiteNode
{
    public string Target { get; } = target;
}

/// <param name="modified">Seconds since 1970.</param>
sealed class SiteContent(SiteBytes bytes, long modified) : SiteNode
{
    public SiteBytes Bytes { get; } = bytes;

    public long Modified { get; } = modified;
}
