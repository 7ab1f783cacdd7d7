using System.Buffers;
using System.Text;

namespace Slipway.Gateway.Forwarding;

/// <summary>Writes into a connection's Out buffer, or one of its own, which grows as needed; the client's head has Kestrel's limits.</summary>
ref struct HeadWriter
{
    readonly UpstreamConnection? _connection;
    byte[] _buffer;

    public HeadWriter(UpstreamConnection connection) => (_connection, _buffer) = (connection, connection.Out);

    /// <param name="rented">Of the shared pool; where it is too small, <see cref="Buffer"/> is another one.</param>
    public HeadWriter(byte[] rented) => _buffer = rented;

    public readonly byte[] Buffer => _buffer;

    public int Length { get; private set; }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        Ensure(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Latin-1, as Kestrel is told to read headers: the client's bytes come out as they came in.</summary>
    public void Write(string text)
    {
        Ensure(text.Length);
        Length += Encoding.Latin1.GetBytes(text, _buffer.AsSpan(Length));
    }

    public void WriteLine(string name, string value)
    {
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    void Ensure(int more)
    {
        if (_buffer.Length - Length < more) _buffer = _connection?.GrowOut(Length, more) ?? Grown(more);
    }

    readonly byte[] Grown(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, Length + more));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        return larger;
    }
}
