using System.Buffers;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Uploads;

/// <summary>One request's hold on an upload; disposing lets the next request in.</summary>
sealed class Upload(Guid id, RepositoryName repository, UploadState state, UploadWriter writer, UploadSessions sessions, BlobPublisher publisher, UploadHolds? holds = null)
    : IAsyncDisposable
{
    /// <summary>Network reads are gathered to this size before they are hashed and written.</summary>
    const int BufferSize = 256 << 10;

    public Guid Id => id;

    /// <summary>Bytes so far.</summary>
    public long Length => writer.Length;

    /// <summary>
    /// Adds the stream to its end. When that breaks off, what came before stays: the client asks for the offset and goes on.
    /// </summary>
    /// <param name="algorithm">What the upload will be closed with, where the client has said so; spares a second hashing.</param>
    public async Task Append(Stream body, string? algorithm, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var filled = 0;
        try
        {
            if (writer.ReadsCheaply || writer.Length == 0) await CatchUp(algorithm ?? state.Algorithm, cancel);
            while (await body.ReadAsync(buffer.AsMemory(filled, BufferSize - filled), cancel) is var read and > 0)
            {
                filled += read;
                if (filled < BufferSize) continue;
                filled = 0;
                await Store(buffer.AsMemory(0, BufferSize));
            }
        }
        finally
        {
            try
            {
                if (filled > 0) await Store(buffer.AsMemory(0, filled));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>
    /// Makes the upload a blob of the repository: digest checked, file flushed, renamed, folder flushed, row committed, in this order.
    /// False where the bytes have another digest; then the upload is gone (what is wrong in it can't be taken back).
    /// </summary>
    public async Task<bool> Finish(Digest digest, Caller caller, CancellationToken cancel)
    {
        await CatchUp(digest.Algorithm, cancel);
        if (Convert.ToHexStringLower(state.Hash!.GetCurrentHash()) != digest.Hex)
        {
            await Cancel();
            return false;
        }
        holds?.Check(id);
        await publisher.Publish(repository, digest, id, writer, caller, cancel);
        sessions.Forget(id, state);
        return true;
    }

    /// <summary>Gives the upload up.</summary>
    public Task Cancel() => sessions.End(id, state);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await writer.DisposeAsync();
        }
        catch
        {
            // What was hashed may not be what is stored.
            state.ForgetHash();
            throw;
        }
        finally
        {
            if (holds is not null) await holds.Release(id, state.Ended);
            state.Gate.Release();
        }
    }

    /// <summary>Brings the hash to the end of what is stored: after a restart, or with another algorithm, that reads it all again.</summary>
    async Task CatchUp(string algorithm, CancellationToken cancel)
    {
        if (state.Hash is null || state.Algorithm != algorithm || state.Hashed > writer.Length) state.HashFromStart(algorithm);
        if (state.Hashed == writer.Length) return;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await writer.Read(buffer.AsMemory(0, BufferSize), state.Hashed, cancel) is var read and > 0)
            {
                cancel.ThrowIfCancellationRequested();
                state.AddToHash(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async Task Store(ReadOnlyMemory<byte> bytes)
    {
        holds?.Check(id);
        var before = writer.Length;
        await writer.Append(bytes, CancellationToken.None);
        // Where the hash is behind (another process wrote what is before), it catches up in the end.
        if (state.Hash is not null && state.Hashed == before) state.AddToHash(bytes.Span);
    }
}
