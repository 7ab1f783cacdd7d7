using Slipway.Model;

namespace Slipway.Registry.Copying;

/// <summary>
/// One repository that images are copied from: ours, another registry's, or that of an archive.
/// <para>Thread safety: all calls may run at the same time. Idempotence: nothing is changed. Errors: <see cref="IOException"/>; "not there" is an answer.</para>
/// </summary>
interface IImageSource
{
    /// <summary>Which manifest a tag or digest is, its content too; null where there is none.</summary>
    Task<CopiedManifest?> Manifest(string reference, CancellationToken cancel);

    /// <summary>Only the digest of it, where that costs less.</summary>
    Task<Digest?> Resolve(string reference, CancellationToken cancel);

    Task<bool> HasBlob(Digest digest, CancellationToken cancel);

    /// <summary>A blob's bytes from an offset; null where it is not there.</summary>
    Task<BlobSource?> OpenBlob(Digest digest, long offset, CancellationToken cancel);

    /// <summary>Manifests that have the digest as their subject.</summary>
    Task<IReadOnlyList<Digest>> Referrers(Digest subject, CancellationToken cancel);

    /// <summary>The repository's tags.</summary>
    Task<IReadOnlyCollection<string>> Tags(CancellationToken cancel);
}

/// <summary>
/// One repository that images are copied to. As for <see cref="IImageSource"/>, and: every call may be repeated, and what was cancelled goes on where it
/// was as far as the place allows; nothing is visible under a tag before <see cref="PutManifest"/> with that tag.
/// </summary>
interface IImageTarget
{
    Task<bool> HasManifest(Digest digest, CancellationToken cancel);

    /// <summary>Copies a blob; returns the bytes that moved, 0 where it was there.</summary>
    Task<long> PutBlob(Digest digest, long size, IImageSource source, CancellationToken cancel);

    /// <param name="tag">Null: only under its digest.</param>
    Task PutManifest(CopiedManifest manifest, string? tag, CancellationToken cancel);
}

sealed record CopiedManifest(Digest Digest, string MediaType, byte[] Content);

/// <param name="Size">Bytes of the whole blob, wherever the stream begins; null where it is not known.</param>
sealed record BlobSource(Stream Stream, long? Size);
