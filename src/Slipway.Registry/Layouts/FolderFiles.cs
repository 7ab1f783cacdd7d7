namespace Slipway.Registry.Layouts;

/// <summary>A layout that lies in a folder. Names that lead out of it are none of its files.</summary>
sealed class FolderFiles(string path) : ArchiveFiles
{
    readonly string _root = System.IO.Path.GetFullPath(path);

    public override string Path => path;

    public override long? Length(string name) => FullPath(name) is { } full && new FileInfo(full) is { Exists: true } file ? file.Length : null;

    public override Stream? Open(string name, long offset = 0)
    {
        if (FullPath(name) is not { } full || !File.Exists(full)) return null;
        var stream = new FileStream(full, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0 });
        stream.Position = offset;
        return stream;
    }

    public override void Dispose()
    {
    }

    string? FullPath(string name)
    {
        if (!TarFiles.IsInside(name)) return null;
        var full = System.IO.Path.Combine(_root, name);
        // A link that somebody put there would lead anywhere.
        for (var at = full; at.Length > _root.Length; at = System.IO.Path.GetDirectoryName(at)!)
            if (new FileInfo(at).LinkTarget is not null) return null;
        return full;
    }
}
