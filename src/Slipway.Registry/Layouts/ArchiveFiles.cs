namespace Slipway.Registry.Layouts;

/// <summary>The files of an archive of images, by their names in it: a folder's, or a tar file's. Thread-safe.</summary>
abstract class ArchiveFiles : IDisposable
{
    /// <summary>The path as the person named it, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>Bytes, or null where there is no such file.</summary>
    public abstract long? Length(string name);

    /// <summary>The file's bytes from an offset, or null where there is none.</summary>
    public abstract Stream? Open(string name, long offset = 0);

    public abstract void Dispose();

    /// <summary>A small file as a whole, or null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is larger than any such file would be.</exception>
    public async Task<byte[]?> Read(string name, int limit, CancellationToken cancel)
    {
        if (Length(name) is not { } length) return null;
        if (length > limit) throw new InvalidDataException($"{name} has {length} bytes; no more than {limit} are read.");
        await using var stream = Open(name)!;
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }
}
