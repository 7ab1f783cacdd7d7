using System.Buffers;
using System.Security.Cryptography;
using Slipway.Model;

namespace Slipway.Releases.Sites;

/// <summary>The content part of a pack that is being written. The same bytes stand in it once.</summary>
/// <param name="most">Bytes that may come from the image.</param>
/// <param name="root">For messages.</param>
sealed class SiteContents(Stream pack, long most, string root)
{
    const int Piece = 64 * 1024, HashDigits = 32;

    readonly Dictionary<(string Hash, long Length), SiteBytes> _known = [];
    readonly Dictionary<(string Hash, long Length, string Coding), SiteBytes?> _encoded = [];
    long _taken;

    public long Bytes { get; private set; }

    /// <exception cref="SiteException">That would be more than may come.</exception>
    public async Task<SiteBytes> Add(Stream? content, long length, CancellationToken cancel)
    {
        // Before anything is read: what an archive claims is not written first and refused then.
        if (length > most - _taken) throw new SiteException($"The files below {root} of the image have more than {most >> 20} MiB.");
        _taken += length;
        var offset = Bytes;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (var left = length; left > 0;)
            {
                var read = content is null ? 0 : await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel);
                if (read == 0) throw new EndOfStreamException("it ends in the middle of a file");
                hash.AppendData(buffer, 0, read);
                pack.Write(buffer, 0, read);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return Taken(offset, length, Convert.ToHexStringLower(hash.GetHashAndReset())[..HashDigits]);
    }

    /// <summary>The same bytes encoded; null where that gains too little.</summary>
    public SiteBytes? Encode(SiteBytes plain, SiteEncoding encoding)
    {
        var key = (plain.Hash, plain.Length, encoding.Name);
        if (_encoded.TryGetValue(key, out var known)) return known;
        var content = new byte[plain.Length];
        pack.Position = plain.Offset;
        pack.ReadExactly(content);
        pack.Position = Bytes;
        var made = encoding.Encode(content);
        if (made.Length > plain.Length * 9 / 10) return _encoded[key] = null;
        pack.Write(made);
        return _encoded[key] = Taken(Bytes, made.Length, Convert.ToHexStringLower(SHA256.HashData(made))[..HashDigits]);
    }

    /// <summary>Writes the index behind the content; then nothing more may come.</summary>
    public void End(byte[] index)
    {
        pack.Write(index);
        pack.Write(SitePack.Footer(Bytes, index));
        // Content that turned out to be there already was written behind what counts, and may have been longer than the index.
        pack.SetLength(pack.Position);
    }

    SiteBytes Taken(long offset, long length, string hash)
    {
        if (_known.TryGetValue((hash, length), out var same))
        {
            pack.Position = offset;
            return same;
        }
        Bytes = offset + length;
        return _known[(hash, length)] = new SiteBytes(offset, length, hash);
    }
}
