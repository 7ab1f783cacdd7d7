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
    /// <summary>So many blocks, or an eighth of all, are staged before they are committed: a server that ends in between loses no more.</summary>
    const int CommitEvery = 8;

    readonly AzureBlobStore _store;
    readonly string _key;
    readonly Guid _id;
    readonly List<AzureBlock> _blocks;
    readonly UploadBuffer _buffer;
    ETag? _tag;
    long _full;
    long _length;

    /// <summary>What can be read back.</summary>
    long _committed;
    int _committedBlocks;

    /// <summary>Of the buffer's beginning, as a block; null where it is none.</summary>
    AzureBlock? _tail;
    AzureBlobReader? _reader;
    bool _ended;

    public AzureUploadWriter(AzureBlobStore store, Guid id, AzureUploadState? found)
    {
        (_store, _id, _key, _buffer) = (store, id, AzureBlobStore.KeyOf(id), new UploadBuffer(store.Pool));
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
    bool IsLoaded => _full + _buffer.Filled == _length;

    bool IsCommitted => _tag is not null && _committed == _length;

    public override long Length => _length;

    public override bool ReadsCheaply => IsLoaded && _full == 0;

    public override async ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        _buffer.ThrowIfFailed();
        if (!IsLoaded) await Load(cancel);
        while (bytes.Length > 0)
        {
            if (_buffer.Filled == Sizes.Block) await Send(cancel);
            var taken = await _buffer.Add(bytes, Sizes.Block, cancel);
            _length += taken;
            bytes = bytes[taken..];
            if (_buffer.Filled == Sizes.Block) await Send(cancel);
        }
    }

    public override async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        if (offset >= _length) return 0;
        if (IsLoaded && offset >= _full)
        {
            var count = (int)Math.Min(buffer.Length, _length - offset);
            _buffer.Content.AsSpan((int)(offset - _full), count).CopyTo(buffer.Span);
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
        await _buffer.Settle();
        if (_committed < _length) await Commit(null, cancel);
    }

    public override async ValueTask Prepare(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_blocks.Count > 0 && _buffer.Filled > 0) await StageTail(cancel);
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
            await _buffer.End();
            if (_reader is not null) await _reader.DisposeAsync();
            _buffer.GiveBack();
        }
    }

    public async Task Publish(Digest digest, CancellationToken cancel)
    {
        await _buffer.Settle();
        if (IsCommitted) _tag = await Blobs.Mark(_key, _tag!.Value, digest.ToString(), cancel);
        else await Commit(digest.ToString(), cancel);
        _ended = true;
    }

    /// <summary>The upload is given up: nothing more is written.</summary>
    public async Task End()
    {
        _ended = true;
        await _buffer.End();
    }

    /// <summary>Everything so far becomes the blob's content; with a digest it is published.</summary>
    async Task Commit(string? digest, CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_blocks.Count == 0) _tag = await Blobs.Put(_key, _buffer.Content, _tag, digest, cancel);
        else
        {
            if (_buffer.Filled > 0) await StageTail(cancel);
            var tail = _tail is { } last ? [last.Id] : Array.Empty<string>();
            _tag = await Blobs.Commit(_key, [.. _blocks.Select(block => block.Id), .. tail], _tag, digest, cancel);
        }
        (_committed, _committedBlocks) = (_length, _blocks.Count);
        await DropReader();
    }

    async Task StageTail(CancellationToken cancel)
    {
        if (_tail?.Size == _buffer.Filled) return;
        _tail = await Stage(_buffer.Content, cancel);
    }

    /// <summary>A full buffer becomes a block.</summary>
    async Task Send(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_blocks.Count - _committedBlocks >= Math.Max(CommitEvery, _blocks.Count / 8)) await CommitBlocks(cancel);
        await Merge(cancel);
        if (_blocks.Count == BlockSizes.MostBlocks - 1) throw new IOException($"{Place}: the upload is larger than {BlockSizes.MostBlocks} blocks, which is the most that the service takes");
        _full += await _buffer.Send(async (full, stop) => _blocks.Add(await Stage(full, stop)), cancel);
        _tail = null;
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

    async Task<AzureBlock> Stage(ArraySegment<byte> bytes, CancellationToken cancel)
    {
        var block = new AzureBlock(AzureBlobs.NewBlockId(), bytes.Count);
        using var content = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        await Blobs.Stage(_key, block.Id, content, cancel);
        return block;
    }

    /// <summary>Takes what lies behind the full blocks into the buffer, where it goes on.</summary>
    Task Load(CancellationToken cancel) => _buffer.Load(
        (int)(_length - _full),
        async bytes =>
        {
            for (var loaded = 0; loaded < bytes.Length;)
            {
                if (await Reader().Read(bytes[loaded..], _full + loaded, cancel) is var read and > 0) loaded += read;
                else throw new IOException($"{Place}: {_key} became shorter while the upload was being opened");
            }
        },
        cancel);

    AzureBlobReader Reader() => _reader ??= new AzureBlobReader(Blobs, _key, _committed);

    async Task DropReader()
    {
        if (_reader is not null) await _reader.DisposeAsync();
        _reader = null;
    }
}
