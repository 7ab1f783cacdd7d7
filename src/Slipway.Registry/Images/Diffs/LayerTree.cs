namespace Slipway.Registry.Images.Diffs;

/// <summary>
/// The files that a container would see, built layer by layer (OCI Image Specification 1.1, layer.md): a later entry replaces an earlier one, .wh.NAME
/// removes NAME of the layers below, .wh..wh..opq everything below a folder. For one caller at a time.
/// </summary>
sealed class LayerTree
{
    const string Whiteout = ".wh.", Opaque = ".wh..wh..opq";

    readonly Dictionary<string, TarEntry> _entries = [];

    /// <summary>Path to entry.</summary>
    public IReadOnlyDictionary<string, TarEntry> Entries => _entries;

    /// <exception cref="InvalidDataException">More entries than <paramref name="maxEntries"/>.</exception>
    public async Task Apply(IAsyncEnumerable<TarEntry> layer, int maxEntries)
    {
        var added = new Dictionary<string, TarEntry>();
        // Trees of the layers below that go: the path itself, or only what is under it.
        var (gone, emptied) = (new HashSet<string>(), new HashSet<string>());
        await foreach (var entry in layer)
        {
            var slash = entry.Path.LastIndexOf('/');
            var (folder, name) = slash < 0 ? ("", entry.Path) : (entry.Path[..slash], entry.Path[(slash + 1)..]);
            if (name == Opaque) emptied.Add(folder);
            else if (name.StartsWith(Whiteout, StringComparison.Ordinal)) gone.Add(folder.Length == 0 ? name[Whiteout.Length..] : $"{folder}/{name[Whiteout.Length..]}");
            else if (entry.Path.Length > 0) added[entry.Path] = entry;
            if (_entries.Count + added.Count + gone.Count > maxEntries) throw new InvalidDataException($"it has more than {maxEntries} files");
        }
        // What was a folder and is a file now has nothing below it any more.
        foreach (var entry in added.Values)
            if (!entry.IsFolder && _entries.TryGetValue(entry.Path, out var before) && before.IsFolder) gone.Add(entry.Path);
        if (gone.Count + emptied.Count > 0)
            foreach (var path in _entries.Keys.Where(path => gone.Contains(path) || IsUnder(path, gone, emptied)).ToList()) _entries.Remove(path);
        foreach (var (path, entry) in added) _entries[path] = entry;
    }

    static bool IsUnder(string path, HashSet<string> gone, HashSet<string> emptied)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            if (path[..slash] is var above && (gone.Contains(above) || emptied.Contains(above))) return true;
        return emptied.Contains("");
    }
}
