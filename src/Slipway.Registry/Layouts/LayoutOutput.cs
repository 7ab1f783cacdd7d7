using System.Formats.Tar;
using System.Security.Cryptography;
using Slipway.Model;

namespace Slipway.Registry.Layouts;

/// <summary>Where a layout is written: a tar file or a folder. For one caller at a time.</summary>
abstract class LayoutOutput : IAsyncDisposable
{
    /// <summary>Writes one file and returns the digest of what passed; the digest of its name is the caller's to compare.</summary>
    /// <exception cref="InvalidDataException">The content ended early.</exception>
    public async Task<string> Write(string name, Stream content, long size, string algorithm, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        await Add(name, new SizedStream(content, size, hash), cancel);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>It is whole: only now does it get its name.</summary>
    public abstract Task Complete(CancellationToken cancel);

    public abstract ValueTask DisposeAsync();

    protected abstract Task Add(string name, SizedStream content, CancellationToken cancel);
}

/// <summary>Written under another name beside its place, and renamed at the end; what is not completed is removed.</summary>
sealed class TarOutput : LayoutOutput
{
    readonly string _path;
    readonly FileStream _file;
    readonly TarWriter _tar;
    bool _complete;

    public TarOutput(string path)
    {
        _path = path;
        _file = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = 256 << 10 });
        _tar = new TarWriter(_file, TarEntryFormat.Pax, leaveOpen: true);
    }

    public override async Task Complete(CancellationToken cancel)
    {
        await _tar.DisposeAsync();
        await _file.FlushAsync(cancel);
        _file.Flush(flushToDisk: true);
        File.Move(_path + ".new", _path, overwrite: true);
        _complete = true;
    }

    public override async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        if (!_complete) File.Delete(_path + ".new");
    }

    protected override Task Add(string name, SizedStream content, CancellationToken cancel)
    {
        const long MostOfUstar = 8L << 30;
        const int LongestOfUstar = 100;
        // The plain form where it does: every tool reads it, and the same images make the same bytes.
        TarEntry entry = name.Length <= LongestOfUstar && content.Length < MostOfUstar ? new UstarTarEntry(TarEntryType.RegularFile, name) : new PaxTarEntry(TarEntryType.RegularFile, name);
        entry.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        entry.DataStream = content;
        return _tar.WriteEntryAsync(entry, cancel);
    }
}

/// <summary>Files in a folder, which may be there already; index.json, written last, is what makes it a layout.</summary>
sealed class FolderOutput(string path) : LayoutOutput
{
    public override Task Complete(CancellationToken cancel) => Task.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override async Task Add(string name, SizedStream content, CancellationToken cancel)
    {
        var full = System.IO.Path.Combine(path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        await using (var file = new FileStream(full + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 256 << 10 }))
        {
            await content.CopyToAsync(file, cancel);
            file.Flush(flushToDisk: true);
        }
        File.Move(full + ".new", full, overwrite: true);
    }
}
