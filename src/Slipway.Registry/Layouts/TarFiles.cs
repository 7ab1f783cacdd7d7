using System.Formats.Tar;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Registry.Layouts;

/// <summary>
/// The files of a tar file, read where they lie: one pass over its headers says where each begins. A compressed one is unpacked into a file of its own
/// first, that is gone with the process.
/// </summary>
sealed class TarFiles : ArchiveFiles
{
    const int MaxEntries = 200_000;
    const int MaxLinks = 8;

    /// <summary>Bytes that unpacking leaves free on the disk.</summary>
    const long MinFree = 256L << 20;

    readonly Dictionary<string, (long Offset, long Length)> _files = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    readonly SafeFileHandle _handle;
    readonly FileStream _stream;

    TarFiles(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
        _handle = stream.SafeFileHandle;
    }

    public override string Path { get; }

    /// <param name="path">As the person named it.</param>
    /// <exception cref="InvalidDataException">It is no tar file, is cut off, or has names that lead out of it.</exception>
    public static async Task<TarFiles> Open(string path, Stream content, CancellationToken cancel)
    {
        var file = await Seekable(path, content, cancel);
        var files = new TarFiles(path, file);
        try
        {
            await files.Index(cancel);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>A name that stays inside, whatever it is joined to.</summary>
    public static bool IsInside(string name) =>
        name.Length > 0 && name[0] != '/' && !name.Contains('\\', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal)
        && !name.Split('/').Any(segment => segment == "..");

    public override long? Length(string name) => Find(name) is { } file ? file.Length : null;

    public override Stream? Open(string name, long offset = 0) => Find(name) is { } file ? new SliceStream(_handle, file.Offset + offset, file.Length - offset) : null;

    public override void Dispose() => _stream.Dispose();

    (long Offset, long Length)? Find(string name)
    {
        for (var links = 0; links <= MaxLinks; links++)
        {
            if (_files.TryGetValue(name, out var file)) return file;
            if (!_links.TryGetValue(name, out var target)) return null;
            name = target;
        }
        return null;
    }

    async Task Index(CancellationToken cancel)
    {
        try
        {
            await using var reader = new TarReader(_stream, leaveOpen: true);
            // What this throws itself begins with the path; the rest are the reader's.
            while (await reader.GetNextEntryAsync(copyData: false, cancel) is { } entry)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType is TarEntryType.Directory or TarEntryType.DirectoryList || name.Length == 0) continue;
                if (!IsInside(name)) throw new InvalidDataException($"{Path}: the archive has a file '{entry.Name}', whose name leads out of it. It was not made by a tool for images; nothing was imported.");
                if (_files.Count + _links.Count >= MaxEntries) throw new InvalidDataException($"{Path} has more than {MaxEntries} files.");
                switch (entry.EntryType)
                {
                    case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                        if (entry.Length > 0 && entry.DataOffset + entry.Length > _stream.Length) throw CutOff();
                        if (!_files.TryAdd(name, (Math.Max(0, entry.DataOffset), entry.Length))) throw new InvalidDataException($"{Path} has '{name}' twice: which one is meant would depend on the reader.");
                        break;
                    // docker save of old engines: a layer that an image shares with another is a link to it.
                    case TarEntryType.SymbolicLink:
                        if (Resolve(name, entry.LinkName) is { } target) _links[name] = target;
                        break;
                    case TarEntryType.HardLink:
                        _links[name] = entry.LinkName.StartsWith("./", StringComparison.Ordinal) ? entry.LinkName[2..] : entry.LinkName;
                        break;
                }
            }
        }
        catch (EndOfStreamException)
        {
            throw CutOff();
        }
        catch (Exception broken) when (broken is FormatException or ArgumentException or OverflowException || (broken is InvalidDataException && !broken.Message.StartsWith(Path, StringComparison.Ordinal)))
        {
            throw new InvalidDataException($"{Path} is no tar file: {broken.Message}", broken);
        }
        if (_files.Count == 0) throw new InvalidDataException($"{Path} is no tar file, or an empty one: expected what 'slipway image export', 'docker save' or 'skopeo copy ... oci-archive:' write.");
    }

    InvalidDataException CutOff() => new($"{Path} is cut off: it has {_stream.Length} bytes and speaks of more. Copy it again.");

    // Only inside the archive, by text alone.
    static string? Resolve(string name, string target)
    {
        if (target.StartsWith('/')) return null;
        var parts = new List<string>(name.Split('/')[..^1]);
        foreach (var part in target.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }
        return string.Join('/', parts);
    }

    static async Task<FileStream> Seekable(string path, Stream content, CancellationToken cancel)
    {
        var magic = new byte[4];
        if (content is FileStream { CanSeek: true } file)
        {
            var read = await file.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancel);
            file.Position = 0;
            if (read == 4 && magic.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd])) throw new InvalidDataException($"{path} is compressed with zstd, which is not read here. Unpack it first: zstd -d {path}");
            if (magic[0] != 0x1f || magic[1] != 0x8b) return file;
        }
        await using (content)
        {
            // Only a seekable file says what is at its end.
            var head = content is FileStream { CanSeek: true } ? [] : magic[..await content.ReadAtLeastAsync(magic, magic.Length, throwOnEndOfStream: false, cancel)];
            Stream whole = new PrefixedStream(head, content);
            if (content is FileStream { CanSeek: true } || (head.Length > 1 && head[0] == 0x1f && head[1] == 0x8b)) whole = new GZipStream(whole, CompressionMode.Decompress);
            return await Unpack(path, whole, cancel);
        }
    }

    static async Task<FileStream> Unpack(string path, Stream content, CancellationToken cancel)
    {
        var folder = System.IO.Path.GetTempPath();
        var drive = new DriveInfo(folder);
        var file = new FileStream(System.IO.Path.Combine(folder, $"slipway-import-{Guid.NewGuid():N}"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = OperatingSystem.IsWindows() ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            var buffer = new byte[1 << 20];
            for (long sinceLook = 0; await content.ReadAsync(buffer, cancel) is var read and > 0; sinceLook += read)
            {
                if (sinceLook > 64 << 20)
                {
                    sinceLook = 0;
                    if (drive.AvailableFreeSpace < MinFree) throw new IOException($"{path} unpacks to more than {folder} has room for ({file.Length >> 20} MiB so far). Set TMPDIR to a larger disk, or unpack it yourself.");
                }
                await file.WriteAsync(buffer.AsMemory(0, read), cancel);
            }
            await file.FlushAsync(cancel);
            file.Position = 0;
            return file;
        }
        catch (InvalidDataException broken)
        {
            await file.DisposeAsync();
            throw new InvalidDataException($"{path} can't be unpacked: {broken.Message}", broken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}
