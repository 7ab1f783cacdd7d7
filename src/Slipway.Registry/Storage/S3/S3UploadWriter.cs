using System.Security.Cryptography;

namespace Slipway.Registry.Storage.S3;

/// <summary>
/// An upload while one request adds to it. Bytes are gathered to a part; a full one is sent while the next is being filled, if there is a second buffer.
/// <code>
/// │ parts of the multipart upload │ segments: only behind 39 GiB │ the buffer: less than a part              │
/// │                               │ objects of their own         │ in memory, and at each flush in uploads/UUID │
/// 0                                                              _full                                    Length
/// </code>
/// </summary>
sealed class S3UploadWriter : UploadWriter
{
    /// <summary>So many parts are sent before uploads/UUID names them: a server that ends in between loses no more.</summary>
    const int NoteEvery = 32;

    readonly S3BlobStore _store;
    readonly Guid _id;
    readonly string _blob;
    readonly List<S3Part> _parts = [];
    readonly List<S3Segment> _segments = [];
    readonly UploadBuffer _buffer;
    string? _multipart;
    DateTimeOffset _began;
    long _full;

    /// <summary>Bytes of which uploads/UUID says that they are there; -1 where there is none.</summary>
    long _noted = -1;
    int _unnoted;

    /// <summary>Segments and buffer, as the last part, made for the publish.</summary>
    S3Part? _tail;

    /// <summary>The parts are all of it, and <see cref="_isComplete"/> where this writer has seen the service complete them.</summary>
    bool _isWhole;
    bool _isComplete;
    bool _isAtKey;
    S3BlobReader? _reader;
    bool _ended;

    S3UploadWriter(S3BlobStore store, Guid id) => (_store, _id, _blob, _buffer) = (store, id, S3BlobStore.BlobKey(id), new UploadBuffer(store.Pool));

    S3Objects Objects => _store.Objects;

    S3Options Options => Objects.Options;

    S3PartSizes Sizes => Options.Parts;

    /// <summary>Whether the store has something of it.</summary>
    public bool IsStored => _noted >= 0;

    /// <summary>Whether the store has nothing of it, and never had.</summary>
    public bool IsInMemory => !IsStored && _multipart is null;

    public override long Length => _full + _buffer.Filled;

    public override bool ReadsCheaply => _full == 0;

    public static async Task<S3UploadWriter> Open(S3BlobStore store, Guid id, CancellationToken cancel)
    {
        var writer = new S3UploadWriter(store, id);
        try
        {
            await writer.Load(cancel);
            return writer;
        }
        catch
        {
            writer._buffer.GiveBack();
            throw;
        }
    }

    public override async ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        _buffer.ThrowIfFailed();
        if (bytes.Length > 0 && _isWhole) await Reopen(cancel);
        while (bytes.Length > 0)
        {
            if (_buffer.Filled == Sizes.Part) await Send(cancel);
            bytes = bytes[await _buffer.Add(bytes, Sizes.Part, cancel)..];
            _tail = null;
        }
        if (_buffer.Filled == Sizes.Part) await Send(cancel);
    }

    public override async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        if (offset >= Length) return 0;
        if (offset >= _full)
        {
            var count = (int)Math.Min(buffer.Length, Length - offset);
            _buffer.Content.AsSpan((int)(offset - _full), count).CopyTo(buffer.Span);
            return count;
        }
        // What is a part can't be read before the object is complete.
        await MakeWhole(cancel);
        return await (_reader ??= new S3BlobReader(Objects, _blob, Length)).Read(buffer, offset, cancel);
    }

    public override async ValueTask Flush(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_noted < Length) await Note(withBuffer: true, cancel);
    }

    public override async ValueTask Prepare(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_multipart is not null && !_isWhole) await SendTail(cancel);
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

    public async Task Publish(CancellationToken cancel)
    {
        await Prepare(cancel);
        if (_multipart is null) await Objects.Put(_blob, [S3BodyPiece.Of(_buffer.Content)], isBlob: true, cancel);
        else await Complete(cancel);
        if (_isAtKey || (_multipart is not null && TimeProvider.System.GetUtcNow() - _began > Options.Long)) await Objects.Put(S3BlobStore.KeptKey(_id), [], isBlob: false, cancel);
        _ended = true;
        await DeleteSegments(cancel);
        if (IsStored) await Objects.Delete(S3BlobStore.UploadKey(_id), cancel);
    }

    /// <summary>Nothing more is written.</summary>
    public void End() => _ended = true;

    /// <summary>Gives up, when what is on its way has come to its end.</summary>
    public async Task GiveUp()
    {
        End();
        await _buffer.End();
        if (_multipart is not null) await Objects.Abort(_blob, _multipart, CancellationToken.None);
    }

    async Task Load(CancellationToken cancel)
    {
        var key = S3BlobStore.UploadKey(_id);
        if (await Objects.Read(key, 0, null, cancel) is not var (content, answer)) return;
        using (answer)
        {
            _noted = await _store.Reading(key, async stop =>
            {
                var (state, length) = await S3BlobStore.ReadState(content, stop);
                (_multipart, _began, _isWhole, _isAtKey) = (state.Multipart, state.Began, state.IsWhole, state.IsAtKey);
                _parts.AddRange(state.Parts);
                _segments.AddRange(state.Segments);
                _full = _parts.Sum(part => part.Size) + _segments.Sum(segment => segment.Size);
                if (length - _full is < 0 or > int.MaxValue) throw new IOException("it speaks of fewer bytes than its parts have");
                if (length > _full) await _buffer.Load((int)(length - _full), async bytes => await content.ReadExactlyAsync(bytes, stop), stop);
                return length;
            }, cancel);
        }
    }

    /// <summary>Says in uploads/UUID what there is.</summary>
    /// <param name="withBuffer">With what does not fill a part yet; where that is only full and about to be sent, it need not go twice.</param>
    async Task Note(bool withBuffer, CancellationToken cancel)
    {
        var length = withBuffer ? Length : _full;
        var state = new S3UploadState(_multipart, _began, _parts, _segments, _isWhole, _isAtKey).Write(length);
        await Objects.Put(S3BlobStore.UploadKey(_id), withBuffer && _buffer.Filled > 0 ? [S3BodyPiece.Of(state), S3BodyPiece.Of(_buffer.Content)] : [S3BodyPiece.Of(state)], isBlob: false, cancel);
        (_noted, _unnoted) = (length, 0);
    }

    /// <summary>A full buffer becomes a part, or a segment of one.</summary>
    async Task Send(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_multipart is null)
        {
            (_began, _multipart) = (TimeProvider.System.GetUtcNow(), await Objects.Begin(_blob, cancel));
            // Noted first: else nobody would find what is there of it.
            _unnoted = NoteEvery;
        }
        if (_segments.Count == Sizes.Merge) await Merge(cancel);
        // What was there before must not be lost when this part is.
        if (_unnoted >= NoteEvery) await Note(withBuffer: _noted > _full, cancel);
        if (_parts.Count >= S3PartSizes.MostParts - 1) throw new IOException($"{Options.Place}: the upload is larger than {_full >> 30} GiB, which is the most that one object can be made of");
        if (_parts.Count < Sizes.MergeFrom)
            _full += await _buffer.Send(async (full, stop) => _parts.Add(await Objects.PutPart(_blob, _multipart, _parts.Count + 1, [S3BodyPiece.Of(full)], stop)), cancel);
        else
            _full += await _buffer.Send(async (full, stop) => _segments.Add(await SendSegment(full, stop)), cancel);
        _tail = null;
        _unnoted++;
    }

    async Task<S3Segment> SendSegment(ArraySegment<byte> bytes, CancellationToken cancel)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        await Objects.Put(S3BlobStore.SegmentKey(_id, name), [S3BodyPiece.Of(bytes)], isBlob: false, cancel);
        return new S3Segment(name, bytes.Count);
    }

    /// <summary>Puts the segments together to one part. They are read while it is sent, so memory does not grow.</summary>
    async Task Merge(CancellationToken cancel)
    {
        var merged = await SendJoined([], cancel);
        var names = _segments.ToList();
        _parts.Add(merged);
        _segments.Clear();
        await Note(withBuffer: _noted > _full, cancel);
        foreach (var segment in names) await Objects.Delete(S3BlobStore.SegmentKey(_id, segment.Name), cancel);
    }

    /// <summary>What is behind the parts becomes the last one.</summary>
    async Task SendTail(CancellationToken cancel)
    {
        if (_segments.Count > 0 || _buffer.Filled > 0) _tail ??= await SendJoined(_buffer.Content, cancel);
    }

    async Task<S3Part> SendJoined(ArraySegment<byte> last, CancellationToken cancel)
    {
        var readers = _segments.Select(segment => new S3BlobReader(Objects, S3BlobStore.SegmentKey(_id, segment.Name), segment.Size)).ToList();
        try
        {
            var pieces = readers.Select(S3BodyPiece.Of).ToList();
            if (last.Count > 0) pieces.Add(S3BodyPiece.Of(last));
            return await Objects.PutPart(_blob, _multipart!, _parts.Count + 1, pieces, cancel);
        }
        finally
        {
            foreach (var reader in readers) await reader.DisposeAsync();
        }
    }

    async Task Complete(CancellationToken cancel)
    {
        if (_isComplete) return;
        await Objects.Complete(_blob, _multipart!, _tail is { } tail ? [.. _parts, tail] : _parts, cancel);
        _isComplete = true;
    }

    /// <summary>Completes the object, so that it can be read back. It is an upload still: uploads/UUID says so, before anything is seen at the key.</summary>
    async Task MakeWhole(CancellationToken cancel)
    {
        if (_isComplete) return;
        if (!_isWhole)
        {
            await Prepare(cancel);
            if (_tail is { } tail) _parts.Add(tail);
            (_tail, _isWhole, _isAtKey) = (null, true, true);
            _full = _parts.Sum(part => part.Size);
            _buffer.Clear();
            _unnoted = NoteEvery;
        }
        if (_unnoted > 0)
        {
            // From here on they are part of a part.
            var segments = _segments.ToList();
            _segments.Clear();
            await Note(withBuffer: false, cancel);
            foreach (var segment in segments) await Objects.Delete(S3BlobStore.SegmentKey(_id, segment.Name), cancel);
        }
        await Complete(cancel);
    }

    /// <summary>
    /// Goes on with what was completed: as the first parts of another multipart upload, copied within the service. What does not fill a part is read back.
    /// </summary>
    async Task Reopen(CancellationToken cancel)
    {
        await MakeWhole(cancel);
        var (began, multipart) = (TimeProvider.System.GetUtcNow(), await Objects.Begin(_blob, cancel));
        var full = _full / Sizes.Part * Sizes.Part;
        var parts = new List<S3Part>();
        try
        {
            for (var copied = 0L; copied < full; copied += parts[^1].Size)
                parts.Add(await Objects.CopyPart(_blob, multipart, parts.Count + 1, _blob, copied, Math.Min((long)Sizes.Part * Sizes.Merge, full - copied), cancel));
            await _buffer.Load((int)(_full - full), async bytes =>
            {
                _reader ??= new S3BlobReader(Objects, _blob, _full);
                for (var loaded = 0; loaded < bytes.Length;)
                {
                    if (await _reader.Read(bytes[loaded..], full + loaded, cancel) is var read and > 0) loaded += read;
                    else throw new IOException($"{Options.Place}: {_blob} became shorter while the upload was being opened");
                }
            }, cancel);
        }
        catch
        {
            _buffer.Clear();
            await Objects.Abort(_blob, multipart, CancellationToken.None);
            throw;
        }
        _parts.Clear();
        _parts.AddRange(parts);
        (_multipart, _began, _full, _isWhole, _isComplete) = (multipart, began, full, false, false);
        if (_reader is not null) await _reader.DisposeAsync();
        _reader = null;
        await Note(withBuffer: true, cancel);
    }

    async Task DeleteSegments(CancellationToken cancel)
    {
        foreach (var segment in _segments) await Objects.Delete(S3BlobStore.SegmentKey(_id, segment.Name), cancel);
        _segments.Clear();
    }
}
