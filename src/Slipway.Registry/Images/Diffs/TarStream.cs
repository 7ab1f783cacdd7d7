using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Registry.Images.Diffs;

/// <summary>
/// Reads a tar archive (POSIX.1-2017 pax and ustar, GNU long names) from beginning to end in bounded memory: whatever an archive claims of itself, no
/// more than a header's bound is ever held. Contents are hashed as they go by.
/// </summary>
static class TarStream
{
    const int Block = 512;

    /// <summary>Of a path or of the records before one entry.</summary>
    const int MaxExtension = 1 << 20;

    /// <exception cref="InvalidDataException">It is no tar archive, or one beyond the bounds.</exception>
    public static async IAsyncEnumerable<TarEntry> Entries(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var header = new byte[Block];
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            var pax = new Dictionary<string, string>();
            string? longName = null, longLink = null;
            while (await Fill(stream, header, cancel) && !IsZero(header))
            {
                Check(header);
                var type = (char)header[156];
                var size = Number(header, 124, 12);
                if (type is 'x' or 'L' or 'K')
                {
                    var text = await Text(stream, size, cancel);
                    if (type == 'x') Records(text, pax);
                    else if (type == 'L') longName = Terminated(text);
                    else longLink = Terminated(text);
                    continue;
                }
                if (pax.TryGetValue("size", out var stated) && long.TryParse(stated, out var real)) size = real;
                if (size < 0) throw new InvalidDataException("an entry has a negative size");
                var path = pax.GetValueOrDefault("path") ?? longName ?? Name(header);
                var target = pax.GetValueOrDefault("linkpath") ?? longLink ?? Field(header, 157, 100);
                // Links and folders have no bytes, whatever their size says; what is not known may have.
                var hash = await Content(stream, type is '1' or '2' or '3' or '4' or '5' or '6' ? 0 : size, buffer, cancel);
                if (type != 'g')
                    yield return new TarEntry(
                        Normal(path), type is '\0' or '7' ? '0' : type, type is '0' or '\0' or '7' ? size : 0, (int)Number(header, 100, 8) & 0xFFF,
                        Owner(pax, "uid", header, 108), Owner(pax, "gid", header, 116), type is '1' or '2' && target.Length > 0 ? target : null,
                        type is '0' or '\0' or '7' ? hash : default);
                pax.Clear();
                (longName, longLink) = (null, null);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static async Task<bool> Fill(Stream stream, byte[] block, CancellationToken cancel)
    {
        var read = await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancel);
        if (read == 0) return false;
        return read == block.Length ? true : throw new InvalidDataException("the archive ends in the middle of a header");
    }

    static async Task<UInt128> Content(Stream stream, long size, byte[] buffer, CancellationToken cancel)
    {
        if (size == 0) return default;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var left = size; left > 0;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel);
            if (read == 0) throw new InvalidDataException("the archive ends in the middle of a file");
            hash.AppendData(buffer, 0, read);
            left -= read;
        }
        await Skip(stream, Padding(size), buffer, cancel);
        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    static async Task Skip(Stream stream, int count, byte[] buffer, CancellationToken cancel)
    {
        if (count > 0) await stream.ReadAtLeastAsync(buffer.AsMemory(0, count), count, throwOnEndOfStream: false, cancel);
    }

    static async Task<string> Text(Stream stream, long size, CancellationToken cancel)
    {
        if (size is < 0 or > MaxExtension) throw new InvalidDataException($"an entry's names have {size} bytes, more than {MaxExtension}");
        var bytes = new byte[size + Padding(size)];
        await stream.ReadExactlyAsync(bytes, cancel);
        return Encoding.UTF8.GetString(bytes, 0, (int)size);
    }

    // "LENGTH KEY=VALUE\n", the length being that of the whole record in bytes.
    static void Records(string text, Dictionary<string, string> pax)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            var space = Array.IndexOf(bytes, (byte)' ', at);
            if (space < 0 || !int.TryParse(Encoding.ASCII.GetString(bytes, at, space - at), out var length) || length <= space - at + 1 || at + length > bytes.Length) return;
            var record = Encoding.UTF8.GetString(bytes, space + 1, length - (space - at) - 2);
            if (record.IndexOf('=', StringComparison.Ordinal) is var equals and > 0) pax[record[..equals]] = record[(equals + 1)..];
            at += length;
        }
    }

    static void Check(byte[] header)
    {
        var sum = 0;
        for (var i = 0; i < Block; i++) sum += i is >= 148 and < 156 ? ' ' : header[i];
        if (Number(header, 148, 8) != sum) throw new InvalidDataException("a header's checksum is wrong: it is no tar archive, or damaged");
    }

    /// <summary>Octal, or binary where the first bit says so (GNU).</summary>
    static long Number(byte[] header, int offset, int length)
    {
        if ((header[offset] & 0x80) != 0)
        {
            long value = 0;
            for (var i = offset + Math.Max(1, length - 8); i < offset + length; i++) value = (value << 8) | header[i];
            return value;
        }
        long number = 0;
        foreach (var digit in header.AsSpan(offset, length))
        {
            if (digit is >= (byte)'0' and <= (byte)'7') number = (number << 3) + (digit - '0');
            else if (number > 0 || digit == 0) break;
        }
        return number;
    }

    static long Owner(Dictionary<string, string> pax, string key, byte[] header, int offset) =>
        pax.TryGetValue(key, out var text) && long.TryParse(text, out var value) ? value : Number(header, offset, 8);

    static string Name(byte[] header)
    {
        var name = Field(header, 0, 100);
        // GNU has other things where ustar has the prefix.
        return header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) && Field(header, 345, 155) is { Length: > 0 } prefix ? $"{prefix}/{name}" : name;
    }

    static string Field(byte[] header, int offset, int length)
    {
        var field = header.AsSpan(offset, length);
        return Encoding.UTF8.GetString(field.IndexOf((byte)0) is var end and >= 0 ? field[..end] : field);
    }

    static string Terminated(string text) => text.IndexOf('\0', StringComparison.Ordinal) is var end and >= 0 ? text[..end] : text;

    static string Normal(string path) => string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));

    static bool IsZero(byte[] block) => !block.AsSpan().ContainsAnyExcept((byte)0);

    static int Padding(long size) => (int)((Block - size % Block) % Block);
}
