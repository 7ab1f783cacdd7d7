using System.Buffers;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>
/// Reads tables that come one after the other and are mostly the same: a route whose text stood in the table before is given as the very record that was made of it then. A
/// table of ten thousand hosts, of which one app has changed, makes one new record and no work for a collection that would stop the requests.
/// </summary>
sealed class RouteMemory : IDisposable
{
    readonly SemaphoreSlim _gate = new(1, 1);

    // Two in turn: what is read, and what it is compared with.
    ArrayBufferWriter<byte> _text = new(), _before = new();
    Dictionary<int, Known> _known = [];

    /// <exception cref="JsonException">It is no route table.</exception>
    public async ValueTask<RouteTable> Read(Stream json, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            _text.ResetWrittenCount();
            while (await json.ReadAsync(_text.GetMemory(64 * 1024), cancel) is var count and > 0) _text.Advance(count);
            return Parse();
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    RouteTable Parse()
    {
        var text = _text.WrittenSpan;
        var reader = new Utf8JsonReader(text);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a route table is an object");
        long? version = null;
        List<Route>? routes = null;
        var known = new Dictionary<int, Known>(_known.Count);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("version"u8))
            {
                reader.Read();
                version = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : throw new JsonException("version is no number");
            }
            else if (reader.ValueTextEquals("routes"u8)) routes = ReadRoutes(ref reader, text, known);
            else reader.Skip();
        }
        // Whatever is behind the document is an error too.
        while (reader.Read()) { }
        if (version is null || routes is null) throw new JsonException("a route table needs version and routes");
        _known = known;
        (_text, _before) = (_before, _text);
        return new RouteTable { Version = version.Value, Routes = routes };
    }

    List<Route> ReadRoutes(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, Dictionary<int, Known> known)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("routes is no list");
        var routes = new List<Route>(_known.Count + 1);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var length = (int)reader.BytesConsumed - start;
            var bytes = text.Slice(start, length);
            var hash = Hash(bytes);
            var route = _known.TryGetValue(hash, out var before) && _before.WrittenSpan.Slice(before.Start, before.Length).SequenceEqual(bytes) ? before.Route : TableReader.ReadRoute(bytes);
            // Of two with one hash the first is remembered: the other one is read again each time.
            known.TryAdd(hash, new Known(start, length, route));
            routes.Add(route);
        }
        return routes;
    }

    static int Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    readonly record struct Known(int Start, int Length, Route Route);
}
