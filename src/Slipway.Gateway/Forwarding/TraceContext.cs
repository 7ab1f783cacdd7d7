using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Slipway.Gateway.Forwarding;

/// <summary>A traceparent of W3C Trace Context (https://www.w3.org/TR/trace-context/, section 3.2).</summary>
readonly record struct TraceContext(UInt128 TraceId, ulong ParentId)
{
    public const string Parent = "traceparent", State = "tracestate";

    // 00-TRACEID-PARENTID-FLAGS
    public const int Length = 55;

    static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    public bool IsNone => TraceId == 0;

    /// <summary>
    /// A trace that begins here. Sampled: with "not sampled" a service that follows its parent, as OpenTelemetry's do by default, would record nothing at all.
    /// </summary>
    public static TraceContext Begin()
    {
        var random = Random.Shared;
        ulong id;
        while ((id = (ulong)random.NextInt64()) == 0) { }
        return new TraceContext(new UInt128((ulong)random.NextInt64() << 1 | 1, (ulong)random.NextInt64()), id);
    }

    public static bool IsValid(string? text)
    {
        if (text is null || text.Length < Length || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
        var version = text.AsSpan(0, 2);
        if (version.ContainsAnyExcept(Hex) || version is "ff") return false;
        // Later versions may have more behind the flags, this one has not.
        if (text.Length > Length && (version is "00" || text[Length] != '-')) return false;
        var trace = text.AsSpan(3, 32);
        var parent = text.AsSpan(36, 16);
        return !trace.ContainsAnyExcept(Hex) && !parent.ContainsAnyExcept(Hex) && !text.AsSpan(53, 2).ContainsAnyExcept(Hex)
            && trace.ContainsAnyExcept('0') && parent.ContainsAnyExcept('0');
    }

    /// <param name="text">Valid.</param>
    public static TraceContext Of(string text) => new(
        UInt128.Parse(text.AsSpan(3, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
        ulong.Parse(text.AsSpan(36, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <param name="text"><see cref="Length"/> bytes.</param>
    public void Write(Span<byte> text)
    {
        "00-"u8.CopyTo(text);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, TraceId);
        Convert.TryToHexStringLower(bytes, text[3..], out _);
        text[35] = (byte)'-';
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ParentId);
        Convert.TryToHexStringLower(bytes[..8], text[36..], out _);
        "-01"u8.CopyTo(text[52..]);
    }
}
