using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Slipway.Registry.Storage.Swift;

/// <summary>
/// An upload while one request adds to it. Bytes are gathered to a segment; a full one is sent while the next is being filled, if there is a second buffer.
/// <code>
/// │ full segments: objects of their own │ the buffer: less than a segment         │
/// │                                     │ in memory, and at each flush behind the │
/// │                                     │ line in uploads/UUID                    │
/// 0                                   _full                                   Length
/// </code>
/// </summary>
sealed class SwiftUploadWriter : UploadWriter
{
    /// <summary>An upload that stays below takes none of the pool's buffers.</summary>
    const int SmallBuffer = 256 << 10;

    /// <summary>So many segments are sent before uploads/UUID names them: a server that ends in between loses no more.</summary>
    const int NoteEvery = 32;

    /// <summary>In a manifest, by Swift's default; a blob larger than these of groups is refused here, by name.</summary>
    const int MostPieces = 1000;

    readonly SwiftBlobStore _store;
    readonly Guid _id;
    readonly List<SwiftPiece> _pieces = [];
    long _full;

    /// <summary>What uploads/UUID says; -1 where there is none.</summary>
    long _noted = -1;
    int _unnoted;

    /// <summary>The buffer, as a segment at the end, made for the publish.</summary>
    SwiftPiece? _tail;
    byte[]? _buffer;
    bool _isPooled;
    int _filled;
    Task _sending = Task.CompletedTask;
    Exception? _failure;
    SwiftBlobReader? _reader;
    string? _readPiece;
    bool _ended;

    SwiftUploadWriter(SwiftBlobStore store, Guid id) => (_store, _id) = (store, id);

    SwiftObjects Objects => _store.Objects;

    SwiftOptions Options => Objects.Options;

    /// <summary>Whether the store has something of it.</summary>
    public bool IsStored => _noted >= 0;

    public override long Length => _full + _filled;

    public override bool ReadsCheaply => _full == 0;

    public static async Task<SwiftUploadWriter> Open(SwiftBlobStore store, Guid id, CancellationToken cancel)
    {
        var writer = new SwiftUploadWriter(store, id);
        try
        {
            await writer.Load(cancel);
            return writer;
        }
        catch (Exception error)
        {
            writer.GiveBack();
            cancel.ThrowIfCancellationRequested();
            throw store.Objects.Broken($"reading {SwiftBlobStore.UploadKey(id)}", error);
        }
    }

    public override async ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        ThrowIfFailed();
        while (bytes.Length > 0)
        {
            if (_filled == Options.Segment) await Send(cancel);
            await Room(_filled + bytes.Length, cancel);
            var taken = Math.Min(bytes.Length, Math.Min(_buffer!.Length, Options.Segment) - _filled);
            bytes.Span[..taken].CopyTo(_buffer.AsSpan(_filled));
            _filled += taken;
            _tail = null;
            bytes = bytes[taken..];
        }
        if (_filled == Options.Segment) await Send(cancel);
    }

    public override async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        if (offset >= Length) return 0;
        if (offset >= _full)
        {
            var count = (int)Math.Min(buffer.Length, Length - offset);
            _buffer.AsSpan((int)(offset - _full), count).CopyTo(buffer.Span);
            return count;
        }
        await Settle();
        var begin = 0L;
        foreach (var piece in _pieces)
        {
            if (offset < begin + piece.Size) return await (await Reader(piece)).Read(buffer, offset - begin, cancel);
            begin += piece.Size;
        }
        throw new IOException($"{Options.Place}: {SwiftBlobStore.UploadKey(_id)} names fewer bytes than it has");
    }

    public override async ValueTask Flush(CancellationToken cancel)
    {
        await Settle();
        if (_noted < Length) await Note(cancel);
    }

    public override async ValueTask Prepare(CancellationToken cancel)
    {
        await Settle();
        if (_pieces.Count > 0 && _filled > 0) _tail ??= await SendSegment(_buffer!, _filled, cancel);
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

    public async Task Publish(CancellationToken cancel)
    {
        await Prepare(cancel);
        // Without it nobody could tell a publish from one that was given up meanwhile.
        if (!IsStored) await Note(cancel);
        var key = SwiftBlobStore.BlobKey(_id);
        if (_pieces.Count == 0) await Objects.Put(key, _buffer.AsMemory(0, _filled), cancel);
        else await Objects.PutManifest(key, Entries(_tail is { } tail ? [.. _pieces, tail] : _pieces), cancel);
        _ended = true;
        if (await Objects.Delete(SwiftBlobStore.UploadKey(_id), cancel)) return;
        await _store.Delete(key, cancel);
        throw new IOException($"{Options.Place}: the upload {_id:D} was given up while it was being published. Push again.");
    }

    /// <summary>The upload is given up: nothing more is written.</summary>
    public void End() => _ended = true;

    /// <summary>Gives up, when what is on its way has come to its end.</summary>
    public async Task GiveUp()
    {
        End();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task Load(CancellationToken cancel)
    {
        using var answer = await Objects.Read(SwiftBlobStore.UploadKey(_id), 0, null, cancel);
        if (answer is null) return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Options.Timeout);
        await using var body = await answer.Content.ReadAsStreamAsync(patience.Token);
        var size = answer.Content.Headers.ContentLength ?? throw new IOException("the answer tells no length");
        if (!int.TryParse(SwiftAnswer.Header(answer, SwiftObjects.LineName), NumberStyles.None, CultureInfo.InvariantCulture, out var lineLength) || lineLength > size || size - lineLength > Options.Segment)
            throw new IOException("it is no upload of this registry; is the container's prefix used by something else?");
        var line = new byte[lineLength];
        await body.ReadExactlyAsync(line, patience.Token);
        _pieces.AddRange(JsonSerializer.Deserialize(line, SwiftJson.Default.SwiftUploadLine)!.Pieces);
        _full = _pieces.Sum(piece => piece.Size);
        var tail = (int)(size - lineLength);
        if (tail > 0)
        {
            await Room(tail, patience.Token);
            await body.ReadExactlyAsync(_buffer.AsMemory(0, tail), patience.Token);
        }
        _filled = tail;
        _noted = Length;
    }

    /// <summary>Says in uploads/UUID what there is.</summary>
    async Task Note(CancellationToken cancel)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new SwiftUploadLine(_pieces), SwiftJson.Default.SwiftUploadLine);
        await Objects.PutUpload(SwiftBlobStore.UploadKey(_id), line, _buffer.AsMemory(0, _filled), Length, cancel);
        (_noted, _unnoted) = (Length, 0);
    }

    /// <summary>A full buffer becomes a segment.</summary>
    async Task Send(CancellationToken cancel)
    {
        await Settle();
        // First the upload, then its segments: else these would be strays.
        if (!IsStored || _unnoted >= NoteEvery) await Note(cancel);
        await Fold(cancel);
        if (_pieces.Count >= MostPieces - 1) throw new IOException($"{Options.Place}: the upload is larger than {_full >> 30} GiB, which is the most that one object can be made of");
        if (_store.Pool.TryRent() is { } other)
        {
            _sending = SendAndReturn(_buffer!, _filled);
            _buffer = other;
        }
        else _pieces.Add(await SendSegment(_buffer!, _filled, cancel));
        _full += _filled;
        _filled = 0;
        _tail = null;
        _unnoted++;
    }

    async Task SendAndReturn(byte[] full, int count)
    {
        try
        {
            _pieces.Add(await SendSegment(full, count, CancellationToken.None));
        }
        finally
        {
            _store.Pool.Return(full);
        }
    }

    async Task<SwiftPiece> SendSegment(byte[] buffer, int count, CancellationToken cancel)
    {
        var name = NewName();
        return new SwiftPiece(name, await Objects.Put(SwiftBlobStore.SegmentKey(_id, name), buffer.AsMemory(0, count), cancel), count);
    }

    /// <summary>Puts the single segments at the end together under a manifest of their own, when they are many.</summary>
    async Task Fold(CancellationToken cancel)
    {
        var first = _pieces.FindLastIndex(piece => piece.IsGroup) + 1;
        if (_pieces.Count - first < Options.Group) return;
        var name = NewName();
        var etag = await Objects.PutManifest(SwiftBlobStore.SegmentKey(_id, name), Entries(_pieces.Skip(first)), cancel);
        var group = new SwiftPiece(name, etag, _pieces.Skip(first).Sum(piece => piece.Size), IsGroup: true);
        _pieces.RemoveRange(first, _pieces.Count - first);
        _pieces.Add(group);
    }

    IEnumerable<SwiftManifestEntry> Entries(IEnumerable<SwiftPiece> pieces) =>
        pieces.Select(piece => new SwiftManifestEntry(Objects.ManifestPath(SwiftBlobStore.SegmentKey(_id, piece.Name)), piece.Etag, piece.Size));

    async ValueTask<SwiftBlobReader> Reader(SwiftPiece piece)
    {
        if (_readPiece == piece.Name) return _reader!;
        if (_reader is not null) await _reader.DisposeAsync();
        _readPiece = piece.Name;
        return _reader = new SwiftBlobReader(Objects, SwiftBlobStore.SegmentKey(_id, piece.Name), piece.Size);
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

    /// <summary>Never one that was used before, also not by a server that lost its hold of the upload.</summary>
    static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
