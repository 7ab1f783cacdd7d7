using System.Text;

namespace Slipway.Gateway.Forwarding;

/// <summary>Writes into a buffer, which grows as needed; the client's head has Kestrel's limits.</summary>
ref struct HeadWriter(HeadBuffer buffer)
{
    byte[] _buffer = buffer.Out;

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
        if (_buffer.Length - Length < more) _buffer = buffer.GrowOut(Length, more);
    }
}
