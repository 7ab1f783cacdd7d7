using Slipway.Model;

namespace Slipway.Registry.Storage;

/// <summary>
/// Where blobs' bytes are: a folder; object stores come behind the same calls. It knows uploads by identifier and blobs by the key that it gave them
/// itself; names, digests' rows and rights are the database's.
/// <para>
/// Lifecycle: made once, used until the process ends. Thread safety: all calls may run at the same time; the calls for one upload are made by one
/// caller at a time, except <see cref="UploadLength"/>. Idempotence: <see cref="Discard"/>, <see cref="Delete"/> and
/// <see cref="Publish"/> of a digest that is already there may be repeated, and <see cref="Publish"/> of an upload whose answer was lost, where the store
/// is reached over a network. Cancellation: a cancelled call may have happened; what it wrote is found by <see cref="Uploads"/>.
/// </para>
/// Errors: <see cref="IOException"/> when the store is broken or full. "Not there" is an answer, never an error.
/// </summary>
interface IBlobStore
{
    /// <summary>Bytes that may still be written, or null where the store has no such bound.</summary>
    long? FreeBytes { get; }

    /// <summary>Opens an upload to go on at its end, and makes an empty one where there is none.</summary>
    Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel);

    /// <summary>Bytes that an upload has, 0 where nothing of it was written.</summary>
    Task<long> UploadLength(Guid upload, CancellationToken cancel);

    /// <summary>
    /// Makes an upload's bytes the blob of this digest, durably and as a whole or not at all, and returns the key under which they are found.
    /// The bytes were flushed and checked against the digest by the caller. An object store keeps them where they are: the key need not tell the digest.
    /// What was published for the same digest before may be replaced; who is reading it reads on.
    /// </summary>
    Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel);

    /// <summary>Gives an upload up. No error when there is none.</summary>
    Task Discard(Guid upload, CancellationToken cancel);

    /// <summary>Every upload that has something in the store.</summary>
    IAsyncEnumerable<StoredUpload> Uploads(CancellationToken cancel);

    /// <summary>Opens a published blob, or null where nothing is at the key.</summary>
    Task<BlobReader?> OpenBlob(string key, CancellationToken cancel);

    /// <summary>Bytes at the key, or null where nothing is.</summary>
    Task<long?> BlobLength(string key, CancellationToken cancel);

    /// <summary>
    /// Removes what was published under the key; no error when it is gone. Who is reading it may read on or fail, but never reads other bytes.
    /// The caller sees to it that nobody publishes to the same key meanwhile, where <see cref="StoredObject.Digest"/> says that this can be.
    /// </summary>
    Task Delete(string key, CancellationToken cancel);

    /// <summary>Everything that is published. What comes or goes during the enumeration may be in it or not.</summary>
    IAsyncEnumerable<StoredObject> Blobs(CancellationToken cancel);
}

/// <param name="Size">Bytes.</param>
/// <param name="LastWritten">When its bytes were last written, or later.</param>
/// <param name="Digest">
/// Where the key is made of the digest, so that the same key can be published again: the digest. Null where each publish has a key of its own.
/// </param>
readonly record struct StoredObject(string Key, long Size, DateTimeOffset LastWritten, Digest? Digest = null);

/// <param name="LastWritten">When bytes last came.</param>
readonly record struct StoredUpload(Guid Id, DateTimeOffset LastWritten);

/// <summary>
/// An upload while one request adds to it. For one caller at a time. What was appended is there for the next <see cref="IBlobStore.OpenUpload"/>, on
/// whichever server, when <see cref="DisposeAsync"/> has returned; that throws where it can't be.
/// </summary>
abstract class UploadWriter : IAsyncDisposable
{
    /// <summary>Bytes so far: where the next ones go.</summary>
    public abstract long Length { get; }

    public abstract ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>Reads what was appended, by this writer or before; 0 at the end.</summary>
    public abstract ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel);

    /// <summary>
    /// Whether <see cref="Read"/> costs little and changes nothing. Where it does not, an upload that another process began is read once, before it is published.
    /// </summary>
    public virtual bool ReadsCheaply => true;

    /// <summary>Returns when what was appended survives a power cut.</summary>
    public abstract ValueTask Flush(CancellationToken cancel);

    /// <summary>Does the long part of the publish that comes next, of what this writer has. Afterwards <see cref="IBlobStore.Publish"/> may still need this writer.</summary>
    public virtual ValueTask Prepare(CancellationToken cancel) => Flush(cancel);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A published blob. Thread-safe.</summary>
abstract class BlobReader : IAsyncDisposable
{
    public abstract long Length { get; }

    /// <summary>Reads up to the buffer's length from <paramref name="offset"/>; 0 at the end.</summary>
    public abstract ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}
