using System.Buffers;
using Azure;
using Slipway.Model;

namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// An upload while one request adds to it. Bytes are gathered to a block; a full one is staged while the next is being filled, if there is a second buffer.
/// <code>
/// │ full blocks                        │ the buffer: less than a block       │
/// │ staged, most of them committed     │ in memory; its beginning may be     │
/// │                                    │ committed as a short last block     │
/// 0                                  _full                               Length
/// </code>
/// The short last block is replaced by a longer one, so that many small requests don't use up the number of blocks. An upload below a block has none: it is
/// written by one put.
/// </summary>
sealed class AzureUploadWriter : UploadWriter
{
    /// <summary>An upload that stays below takes none of the pool's buffers.</summary>
    const int SmallBuffer = 256 << 10;

    /// <summary>So many blocks, or an eighth of all, are staged before they are committed: a server that ends in between loses no more.</summary>
    const int CommitEvery = 8;

    readonly AzureBlobStore _store;
    readonly string _key;
    readonly Guid _id;
    readonly List<AzureBlock> _blocks;
    ETag? _tag;
    long _full;
    long _length;

    /// <summary>What can be read back.</summary>
    long _committed;
    int _committedBlocks;

    /// <summary>Of the buffer's beginning, as a block; null where it is none.</summary>
    AzureBlock? _tail;
    byte[]? _buffer;
    bool _isPooled;
    int _filled;
    Task _sending = Task.CompletedTask;
    Exception? _failure;
    AzureBlobReader? _reader;
    bool _ended;

    public AzureUploadWriter(AzureBlobStore store, Guid id, AzureUploadState? found)
    {
        (_store, _id, _key) = (store, id, AzureBlobStore.KeyOf(id));
        _blocks = found?.Blocks ?? [];
        (_tag, _length, _committed) = (found?.Tag, found?.Length ?? 0, found?.Length ?? 0);
        if (_blocks is [.., var last] && last.Size < Sizes.Block)
        {
            _tail = last;
            _blocks.RemoveAt(_blocks.Count - 1);
        }
        _committedBlocks = _blocks.Count;
        _full = _blocks.Sum(block => block.Size);
    }

    AzureBlobs Blobs => _store.Blobs;

    BlockSizes Sizes => Blobs.Options.Blocks;

    string Place => Blobs.Options.Place;

    /// <summary>What lies behind the full blocks is in memory; else it is all committed.</summary>
    bool IsLoaded => _full + _filled == _length;

    bool IsCommitted => _tag is not null && _committed == _length;

    public override long Length => _length;

    public override bool ReadsCheaply => IsLoaded && _full == 0;

    public override async ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        ThrowIfFailed();
        if (!IsLoaded) await Load(cancel);
        while (bytes.Length > 0)
        {
            if (_filled == Sizes.Block) await Send(cancel);
            await Room(_filled + bytes.Length, cancel);
            var taken = Math.Min(bytes.Length, Math.Min(_buffer!.Length, Sizes.Block) - _filled);
            bytes.Span[..taken].CopyTo(_buffer.AsSpan(_filled));
            _filled += taken;
            _length += taken;
            bytes = bytes[taken..];
            if (_filled == Sizes.Block) await Send(cancel);
        }
    }

    public override async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        if (offset >= _length) return 0;
        if (IsLoaded && offset >= _full)
        {
            var count = (int)Math.Min(buffer.Length, _length - offset);
            _buffer.AsSpan((int)(offset - _full), count).CopyTo(buffer.Span);
            return count;
        }
        if (offset >= _committed) await Commit(null, cancel);
        // Never beyond what is committed and not in memory too.
        var end = IsLoaded ? Math.Min(_committed, _full) : _committed;
        var wanted = (int)Math.Min(buffer.Length, end - offset);
        return await Reader().Read(buffer[..wanted], offset, cancel);
    }

    public override async ValueTask Flush(CancellationToken cancel)
    {
        await Settle();
        if (_committed < _length) await Commit(null, cancel);
    }

    public override async ValueTask Prepare(CancellationToken cancel)
    {
        await Settle();
        if (_blocks.Count > 0 && _filled > 0) await StageTail(cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (!_ended) await Flush(CancellationToken.None);
        }
        finally
        {
            _store.Closed(_id, this);
            await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_reader is not null) await _reader.DisposeAsync();
            GiveBack();
        }
    }

    public async Task Publish(Digest digest, CancellationToken cancel)
    {
        await Settle();
        if (IsCommitted) _tag = await Blobs.Mark(_key, _tag!.Value, digest.ToString(), cancel);
        else await Commit(digest.ToString(), cancel);
        _ended = true;
    }

    /// <summary>The upload is given up: nothing more is written.</summary>
    public async Task End()
    {
        _ended = true;
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Everything so far becomes the blob's content; with a digest it is published.</summary>
    async Task Commit(string? digest, CancellationToken cancel)
    {
        await Settle();
        if (_blocks.Count == 0) _tag = await Blobs.Put(_key, new ArraySegment<byte>(_buffer ?? [], 0, _filled), _tag, digest, cancel);
        else
        {
            if (_filled > 0) await StageTail(cancel);
            var tail = _tail is { } last ? [last.Id] : Array.Empty<string>();
            _tag = await Blobs.Commit(_key, [.. _blocks.Select(block => block.Id), .. tail], _tag, digest, cancel);
        }
        (_committed, _committedBlocks) = (_length, _blocks.Count);
        await DropReader();
    }

    async Task StageTail(CancellationToken cancel)
    {
        if (_tail?.Size == _filled) return;
        _tail = await Stage(_buffer!, _filled, cancel);
    }

    /// <summary>A full buffer becomes a block.</summary>
    async Task Send(CancellationToken cancel)
    {
        await Settle();
        if (_blocks.Count - _committedBlocks >= Math.Max(CommitEvery, _blocks.Count / 8)) await CommitBlocks(cancel);
        await Merge(cancel);
        if (_blocks.Count == BlockSizes.MostBlocks - 1) throw new IOException($"{Place}: the upload is larger than {BlockSizes.MostBlocks} blocks, which is the most that the service takes");
        if (_store.Pool.TryRent() is { } other)
        {
            _sending = SendAndReturn(_buffer!, _filled);
            _buffer = other;
        }
        else _blocks.Add(await Stage(_buffer!, _filled, cancel));
        _full += _filled;
        _filled = 0;
        _tail = null;
    }

    async Task SendAndReturn(byte[] full, int count)
    {
        try
        {
            _blocks.Add(await Stage(full, count, CancellationToken.None));
        }
        finally
        {
            _store.Pool.Return(full);
        }
    }

    /// <summary>The full blocks alone, while the buffer goes on.</summary>
    async Task CommitBlocks(CancellationToken cancel)
    {
        _tag = await Blobs.Commit(_key, [.. _blocks.Select(block => block.Id)], _tag, null, cancel);
        (_committed, _committedBlocks, _tail) = (_full, _blocks.Count, null);
        await DropReader();
    }

    /// <summary>Puts single blocks at the end together to one, where there would come to be too many. It is read from the committed ones, so memory does not grow.</summary>
    async Task Merge(CancellationToken cancel)
    {
        var first = _blocks.Count - Sizes.Merge;
        if (first < Sizes.MergeFrom || !_blocks.Skip(first).All(block => block.Size == Sizes.Block)) return;
        if (_committed < _full) await CommitBlocks(cancel);
        var size = (long)Sizes.Merge * Sizes.Block;
        await using var content = new RangeStream(Reader(), _full - size, size);
        var merged = new AzureBlock(AzureBlobs.NewBlockId(), size);
        await Blobs.Stage(_key, merged.Id, content, cancel);
        _blocks.RemoveRange(first, Sizes.Merge);
        _blocks.Add(merged);
        // What is committed has the single ones still, and the same bytes.
        _committedBlocks = Math.Min(_committedBlocks, first);
    }

    async Task<AzureBlock> Stage(byte[] buffer, int count, CancellationToken cancel)
    {
        var block = new AzureBlock(AzureBlobs.NewBlockId(), count);
        using var content = new MemoryStream(buffer, 0, count, writable: false);
        await Blobs.Stage(_key, block.Id, content, cancel);
        return block;
    }

    /// <summary>Takes what lies behind the full blocks into the buffer, where it goes on.</summary>
    async Task Load(CancellationToken cancel)
    {
        var count = (int)(_length - _full);
        await Room(count, cancel);
        var loaded = 0;
        while (loaded < count)
        {
            if (await Reader().Read(_buffer.AsMemory(loaded, count - loaded), _full + loaded, cancel) is var read and > 0) loaded += read;
            else throw new IOException($"{Place}: {_key} became shorter while the upload was being opened");
        }
        _filled = count;
    }

    AzureBlobReader Reader() => _reader ??= new AzureBlobReader(Blobs, _key, _committed);

    async Task DropReader()
    {
        if (_reader is not null) await _reader.DisposeAsync();
        _reader = null;
    }

    /// <summary>Waits for what is being sent. Where that failed, its bytes are lost, and with them this writer.</summary>
    async Task Settle()
    {
        ThrowIfFailed();
        try
        {
            await _sending;
        }
        catch (IOException failed)
        {
            _failure = failed;
            throw;
        }
    }

    void ThrowIfFailed()
    {
        if (_failure is not null) throw new IOException(_failure.Message, _failure);
    }

    async Task Room(int wanted, CancellationToken cancel)
    {
        if (_buffer is not null && (_isPooled || wanted <= SmallBuffer)) return;
        if (_buffer is null && wanted <= SmallBuffer)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
            return;
        }
        var large = await _store.Pool.Rent(cancel);
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _filled).CopyTo(large);
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        (_buffer, _isPooled) = (large, true);
    }

    void GiveBack()
    {
        if (_buffer is null) return;
        if (_isPooled) _store.Pool.Return(_buffer);
        else ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }
}
