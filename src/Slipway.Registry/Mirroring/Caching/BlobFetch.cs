using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>
/// One blob on its way from another registry: written to a file of its own, and read from there by everybody who wants it, as far as it has come.
/// <code>
/// opening ──► arriving ──► verified ──► kept
///    └─────────────┴── failed: readers are told, nothing becomes visible; what has arrived waits for the next try
/// </code>
/// The last byte is held back until the digest is right, so that nobody ever has the whole of a false blob. Thread-safe.
/// </summary>
sealed class BlobFetch
{
    const int BufferSize = 256 << 10;

    readonly Lock _lock = new();
    readonly HashSet<RepositoryName> _repositories;
    readonly string _path;
    readonly TaskCompletionSource<BlobHead?> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    SafeFileHandle? _file;
    Exception? _failure;
    bool _closed;
    bool _verified;
    int _readers;
    long _written;
    long? _size;

    public BlobFetch(Digest digest, RepositoryName repository, string path)
    {
        (Digest, _path, _repositories) = (digest, path, [repository]);
        Repository = repository;
        _ = _opened.Task.Exception;
    }

    public Digest Digest { get; }

    /// <summary>The one for which it was begun.</summary>
    public RepositoryName Repository { get; }

    /// <summary>When the other registry has answered: the size, as far as it says, or null where it does not have the blob.</summary>
    public Task<BlobHead?> Opened => _opened.Task;

    /// <summary>When it is kept, or has failed.</summary>
    public Task Done => _done.Task;

    /// <summary>Adds a repository that is to have the blob too. False where it is too late for that.</summary>
    public bool TryAdd(RepositoryName repository)
    {
        lock (_lock)
        {
            if (_closed) return false;
            _repositories.Add(repository);
            return true;
        }
    }

    public bool IsFor(RepositoryName repository)
    {
        lock (_lock) return _repositories.Contains(repository);
    }

    /// <summary>From now on no repository is added: those that have been.</summary>
    public IReadOnlyList<RepositoryName> Close()
    {
        lock (_lock)
        {
            _closed = true;
            return [.. _repositories];
        }
    }

    /// <summary>Receives all of it; returns when the file has the right digest. Called once.</summary>
    /// <param name="open">The blob's bytes from an offset, or null where it is not there.</param>
    /// <param name="check">Called with the size before the first byte is written: room for it may be missing.</param>
    public async Task<bool> Receive(Func<long, CancellationToken, Task<BlobSource?>> open, Action<long> check, CancellationToken cancel)
    {
        var file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        lock (_lock) (_file, _readers) = (file, 1);
        using var hash = IncrementalHash.CreateHash(Digest.Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var offset = HashWhatIsThere(file, hash, buffer);
            var source = await open(offset, cancel);
            if (source is null)
            {
                _opened.TrySetResult(null);
                return false;
            }
            await using (source.Stream)
            {
                var size = source.Size;
                if (size < offset) throw new CorruptContentException($"Blob {Digest} has {size} bytes there, and {offset} had come before.");
                check((size ?? offset) - offset);
                Opens(size, offset);
                while (true)
                {
                    var filled = 0;
                    while (filled < BufferSize && await source.Stream.ReadAsync(buffer.AsMemory(filled, BufferSize - filled), cancel) is var read and > 0)
                    {
                        filled += read;
                        // What there is is handed on before more is waited for.
                        if (filled >= BufferSize / 4) break;
                    }
                    if (filled == 0) break;
                    if (offset + filled > size) throw new CorruptContentException($"Blob {Digest} has more bytes than the {size} that were announced.");
                    RandomAccess.Write(file, buffer.AsSpan(0, filled), offset);
                    hash.AppendData(buffer, 0, filled);
                    offset += filled;
                    Arrived(offset);
                }
                if (size is { } whole && offset != whole) throw new CorruptContentException($"Blob {Digest} ended after {offset} of {whole} bytes.");
            }
            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != Digest.Hex)
                throw new CorruptContentException($"What came as blob {Digest} has another digest.");
            Verified(offset);
            return true;
        }
        catch (CorruptContentException)
        {
            // There is nothing in it to go on from.
            Delete();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The bytes again, from the first, once they are verified.</summary>
    public Stream Reread() => new FileStream(_path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });

    /// <summary>It is over: kept, or not there (null), or failed.</summary>
    public void End(Exception? failure, bool keepBytes)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _closed = true;
            _failure = failure;
            more = _more;
        }
        if (failure is null) _opened.TrySetResult(null);
        else _opened.TrySetException(failure);
        more.TrySetResult();
        if (failure is null) _done.TrySetResult();
        else _done.TrySetException(failure);
        _ = _done.Task.Exception;
        _ = _opened.Task.Exception;
        if (!keepBytes) Delete();
        Release();
    }

    /// <summary>A hold on the bytes; null where they are gone already.</summary>
    public Reader? Read()
    {
        lock (_lock)
        {
            if (_file is null || _readers == 0) return null;
            _readers++;
            return new Reader(this);
        }
    }

    static long HashWhatIsThere(SafeFileHandle file, IncrementalHash hash, byte[] buffer)
    {
        long offset = 0;
        while (RandomAccess.Read(file, buffer.AsSpan(0, BufferSize), offset) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            offset += read;
        }
        return offset;
    }

    void Opens(long? size, long offset)
    {
        lock (_lock) (_size, _written) = (size, offset);
        _opened.TrySetResult(new BlobHead(size));
    }

    void Arrived(long written)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _written = written;
            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        more.TrySetResult();
    }

    void Verified(long written)
    {
        lock (_lock) _verified = true;
        Arrived(written);
    }

    void Delete() => File.Delete(_path);

    void Release()
    {
        lock (_lock)
        {
            if (_file is null || --_readers > 0) return;
            _file.Dispose();
            _file = null;
        }
    }

    public sealed class Reader(BlobFetch fetch) : IDisposable
    {
        bool _disposed;

        /// <summary>What there is from an offset, waiting for the first of it; 0 at the end.</summary>
        /// <exception cref="IOException">The fetch has failed.</exception>
        public async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
        {
            while (true)
            {
                Task more;
                lock (fetch._lock)
                {
                    var visible = fetch._verified ? fetch._written : fetch._written - 1;
                    if (offset < visible)
                    {
                        buffer = buffer[..(int)Math.Min(buffer.Length, visible - offset)];
                        break;
                    }
                    if (fetch._verified) return 0;
                    if (fetch._failure is { } failure) throw new IOException(failure.Message, failure);
                    more = fetch._more.Task;
                }
                await more.WaitAsync(cancel);
            }
            return RandomAccess.Read(fetch._file!, buffer.Span, offset);
        }

        public void Dispose()
        {
            if (_disposed) return;
            _disposed = true;
            fetch.Release();
        }
    }
}
