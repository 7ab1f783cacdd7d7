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
    /// <summary>So many segments are sent before uploads/UUID names them: a server that ends in between loses no more.</summary>
    const int NoteEvery = 32;

    /// <summary>In a manifest, by Swift's default; a blob larger than these of groups is refused here, by name.</summary>
    const int MostPieces = 1000;

    readonly SwiftBlobStore _store;
    readonly Guid _id;
    readonly List<SwiftPiece> _pieces = [];
    readonly UploadBuffer _buffer;
    long _full;

    /// <summary>What uploads/UUID says; -1 where there is none.</summary>
    long _noted = -1;
    int _unnoted;

    /// <summary>The buffer, as a segment at the end, made for the publish.</summary>
    SwiftPiece? _tail;
    SwiftBlobReader? _reader;
    string? _readPiece;
    bool _ended;

    SwiftUploadWriter(SwiftBlobStore store, Guid id) => (_store, _id, _buffer) = (store, id, new UploadBuffer(store.Pool));

    SwiftObjects Objects => _store.Objects;

    SwiftOptions Options => Objects.Options;

    /// <summary>Whether the store has something of it.</summary>
    public bool IsStored => _noted >= 0;

    public override long Length => _full + _buffer.Filled;

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
            writer._buffer.GiveBack();
            cancel.ThrowIfCancellationRequested();
            throw store.Objects.Broken($"reading {SwiftBlobStore.UploadKey(id)}", error);
        }
    }

    public override async ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        _buffer.ThrowIfFailed();
        while (bytes.Length > 0)
        {
            if (_buffer.Filled == Options.Segment) await Send(cancel);
            bytes = bytes[await _buffer.Add(bytes, Options.Segment, cancel)..];
            _tail = null;
        }
        if (_buffer.Filled == Options.Segment) await Send(cancel);
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
        await _buffer.Settle();
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
        await _buffer.Settle();
        if (_noted < Length) await Note(cancel);
    }

    public override async ValueTask Prepare(CancellationToken cancel)
    {
        await _buffer.Settle();
        if (_pieces.Count > 0 && _buffer.Filled > 0) _tail ??= await SendSegment(_buffer.Content, cancel);
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
        // Without it nobody could tell a publish from one that was given up meanwhile.
        if (!IsStored) await Note(cancel);
        var key = SwiftBlobStore.BlobKey(_id);
        if (_pieces.Count == 0) await Objects.Put(key, _buffer.Content, cancel);
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
        await _buffer.End();
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
        if (tail > 0) await _buffer.Load(tail, async bytes => await body.ReadExactlyAsync(bytes, patience.Token), patience.Token);
        _noted = Length;
    }

    /// <summary>Says in uploads/UUID what there is.</summary>
    async Task Note(CancellationToken cancel)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new SwiftUploadLine(_pieces), SwiftJson.Default.SwiftUploadLine);
        await Objects.PutUpload(SwiftBlobStore.UploadKey(_id), line, _buffer.Content, Length, cancel);
        (_noted, _unnoted) = (Length, 0);
    }

    /// <summary>A full buffer becomes a segment.</summary>
    async Task Send(CancellationToken cancel)
    {
        await _buffer.Settle();
        // First the upload, then its segments: else these would be strays.
        if (!IsStored || _unnoted >= NoteEvery) await Note(cancel);
        await Fold(cancel);
        if (_pieces.Count >= MostPieces - 1) throw new IOException($"{Options.Place}: the upload is larger than {_full >> 30} GiB, which is the most that one object can be made of");
        _full += await _buffer.Send(async (full, stop) => _pieces.Add(await SendSegment(full, stop)), cancel);
        _tail = null;
        _unnoted++;
    }

    async Task<SwiftPiece> SendSegment(ArraySegment<byte> bytes, CancellationToken cancel)
    {
        var name = NewName();
        return new SwiftPiece(name, await Objects.Put(SwiftBlobStore.SegmentKey(_id, name), bytes, cancel), bytes.Count);
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

    /// <summary>Never one that was used before, also not by a server that lost its hold of the upload.</summary>
    static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
