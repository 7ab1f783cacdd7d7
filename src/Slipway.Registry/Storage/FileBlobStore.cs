using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Model;

namespace Slipway.Registry.Storage;

/// <summary>
/// Blobs as files. The paths are made of identifiers and digests that were parsed; nothing from outside becomes one.
/// <code>
/// FOLDER/
///   store-id                        whose it is
///   uploads/UUID                    bytes of an upload; its length is the offset to go on from
///   blobs/sha256/2 HEX/64 HEX       published: there by rename after fsync, or not at all
///   blobs/sha512/2 HEX/128 HEX
///   trash/UUID                      deleted: taken from its name at once, unlinked at leisure, after a crash at the next start
/// </code>
/// All of it is on one file system: only there is a rename all or nothing.
/// </summary>
sealed class FileBlobStore : IBlobStore, IMarkedStore
{
    readonly string _root;
    readonly string _uploads;
    readonly string _blobs;
    readonly string _trash;
    readonly DriveInfo _drive;
    readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    public FileBlobStore(string folder)
    {
        _root = Path.GetFullPath(folder);
        _uploads = Path.Combine(_root, "uploads");
        _blobs = Path.Combine(_root, "blobs");
        _trash = Path.Combine(_root, "trash");
        foreach (var needed in (string[])[_uploads, _blobs, _trash]) DurableFolder.Create(needed);
        foreach (var left in Directory.EnumerateFiles(_trash)) File.Delete(left);
        _drive = new DriveInfo(_root);
    }

    public long? FreeBytes => _drive.AvailableFreeSpace;

    public string MarkPlace => Path.Combine(_root, "store-id");

    public async Task<string?> ReadMark(CancellationToken cancel) => File.Exists(MarkPlace) ? (await File.ReadAllTextAsync(MarkPlace, cancel)).Trim() : null;

    public async Task WriteMark(string mark, CancellationToken cancel)
    {
        var written = Path.Combine(_trash, Guid.NewGuid().ToString("D"));
        await using (var file = new FileStream(written, FileMode.CreateNew))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(mark + "\n"), cancel);
            file.Flush(flushToDisk: true);
        }
        DurableFolder.Rename(written, MarkPlace);
        DurableFolder.Flush(_root);
    }

    public Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel)
    {
        var handle = File.OpenHandle(UploadPath(upload), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return Task.FromResult<UploadWriter>(new FileUploadWriter(handle));
    }

    public Task<long> UploadLength(Guid upload, CancellationToken cancel) => Task.FromResult(Length(UploadPath(upload)) ?? 0);

    public Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel)
    {
        var key = KeyOf(digest);
        var path = BlobPath(key);
        var folder = Path.GetDirectoryName(path)!;
        if (!_durableFolders.ContainsKey(folder))
        {
            DurableFolder.Create(folder);
            _durableFolders[folder] = true;
        }
        DurableFolder.Rename(UploadPath(upload), path);
        DurableFolder.Flush(folder);
        return Task.FromResult(key);
    }

    public Task Discard(Guid upload, CancellationToken cancel)
    {
        try
        {
            // A request may still hold it open, and an open file keeps its space: on a full disk the row that goes next would have no room.
            using (var handle = File.OpenHandle(UploadPath(upload), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) RandomAccess.SetLength(handle, 0);
            File.Delete(UploadPath(upload));
        }
        catch (FileNotFoundException)
        {
            // Given up, or published.
        }
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredUpload> Uploads([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var file in new DirectoryInfo(_uploads).EnumerateFiles())
        {
            cancel.ThrowIfCancellationRequested();
            if (Guid.TryParseExact(file.Name, "D", out var id)) yield return new StoredUpload(id, new DateTimeOffset(file.LastWriteTimeUtc));
        }
        await Task.CompletedTask;
    }

    public Task<BlobReader?> OpenBlob(string key, CancellationToken cancel)
    {
        try
        {
            var handle = File.OpenHandle(BlobPath(key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Task.FromResult<BlobReader?>(new FileBlobReader(handle));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<BlobReader?>(null);
        }
    }

    public Task<long?> BlobLength(string key, CancellationToken cancel) => Task.FromResult(Length(BlobPath(key)));

    public Task Delete(string key, CancellationToken cancel)
    {
        // The name is free at once; giving back the extents of a large file may take long. Not flushed: a file that a power cut brings back
        // is one without a row.
        var trash = Path.Combine(_trash, Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture));
        try
        {
            DurableFolder.Rename(BlobPath(key), trash);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.CompletedTask;
        }
        File.Delete(trash);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredObject> Blobs([EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var file in new DirectoryInfo(_blobs).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            cancel.ThrowIfCancellationRequested();
            if (Find(file) is { } found) yield return found;
        }
        await Task.CompletedTask;
    }

    /// <summary>Null for what is no blob of ours, or went away since it was listed.</summary>
    StoredObject? Find(FileInfo file)
    {
        var key = Path.GetRelativePath(_root, file.FullName);
        if (!OperatingSystem.IsWindows() && key.Contains('\\', StringComparison.Ordinal)) return null;
        if (key.Replace('\\', '/').Split('/') is not ["blobs", var algorithm, var two, var hex]) return null;
        if (!hex.StartsWith(two, StringComparison.Ordinal) || two.Length != 2 || !Digest.TryParse($"{algorithm}:{hex}", out var digest)) return null;
        try
        {
            return new StoredObject(KeyOf(digest), file.Length, new DateTimeOffset(file.LastWriteTimeUtc), digest);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    static string KeyOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex[..2]}/{digest.Hex}";

    static long? Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : null;

    string UploadPath(Guid upload) => Path.Combine(_uploads, upload.ToString("D", CultureInfo.InvariantCulture));

    // A key comes from the database, and there only from Publish.
    string BlobPath(string key) => Path.Combine(_root, key);

    sealed class FileUploadWriter(SafeFileHandle handle) : UploadWriter
    {
        long _length = RandomAccess.GetLength(handle);

        public override long Length => _length;

        // Synchronous: on Linux the asynchronous calls for files are the same system call on another thread, which costs more than it hides.
        public override ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
        {
            RandomAccess.Write(handle, bytes.Span, _length);
            _length += bytes.Length;
            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel) =>
            ValueTask.FromResult(RandomAccess.Read(handle, buffer.Span, offset));

        public override ValueTask Flush(CancellationToken cancel)
        {
            RandomAccess.FlushToDisk(handle);
            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            handle.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    sealed class FileBlobReader(SafeFileHandle handle) : BlobReader
    {
        public override long Length { get; } = RandomAccess.GetLength(handle);

        public override ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel) =>
            ValueTask.FromResult(RandomAccess.Read(handle, buffer.Span, offset));

        public override ValueTask DisposeAsync()
        {
            handle.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
