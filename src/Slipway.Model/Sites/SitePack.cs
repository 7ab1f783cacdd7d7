using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Slipway.Model;

/// <summary>
/// A site on disk: one file, complete or not there. It is written aside, synced and renamed; one handle reads all of it, and what reads it goes on
/// after the name is gone.
/// <code>
///   DATA/sites/APP/SERVICE.vRELEASE.HASH.site        HASH: of the workload, and so of the image's digest and of what x-release says
///
///   content of the files, one behind the other
///   index             SiteIndex as JSON
///   footer, 40 bytes  "SLIPSITE" | offset of the index | its length | the first 16 bytes of its SHA-256      (numbers: 64 bit, little endian)
/// </code>
/// </summary>
public static class SitePack
{
    public const int FooterLength = 40;

    /// <summary>Of the names of whole ones. What is being written has more behind it.</summary>
    public const string Extension = ".site";

    /// <summary>The folder below the data folder.</summary>
    public const string Folder = "sites";

    static ReadOnlySpan<byte> Magic => "SLIPSITE"u8;

    public static string NameOf(string service, int release, string hash) => string.Create(CultureInfo.InvariantCulture, $"{service}.v{release}.{hash}{Extension}");

    /// <summary>False: the file is none of ours, or not whole.</summary>
    public static bool TryParseName(string name, [NotNullWhen(true)] out string? service, out int release, [NotNullWhen(true)] out string? hash)
    {
        (service, release, hash) = (null, 0, null);
        // The names of services have no dots.
        if (name.Split('.') is not [{ Length: > 0 } first, ['v', .. var number], { Length: 16 } last, "site"] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out release)) return false;
        (service, hash) = (first, last);
        return true;
    }

    /// <summary>APP/NAME below <see cref="Folder"/>, and nothing else: what comes in a table is not to lead elsewhere.</summary>
    public static bool IsPath(string path) => path.Split('/') is [var app, var name] && AppName.TryParse(app, out _) && TryParseName(name, out _, out _, out _);

    public static byte[] Footer(long offset, ReadOnlySpan<byte> index)
    {
        var footer = new byte[FooterLength];
        Magic.CopyTo(footer);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(8), offset);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(16), index.Length);
        SHA256.HashData(index).AsSpan(0, 16).CopyTo(footer.AsSpan(24));
        return footer;
    }

    /// <summary>False: that is no footer of a file of this length.</summary>
    public static bool TryReadFooter(ReadOnlySpan<byte> footer, long fileLength, out long offset, out int length)
    {
        (offset, length) = (0, 0);
        if (footer.Length != FooterLength || !footer.StartsWith(Magic)) return false;
        offset = BinaryPrimitives.ReadInt64LittleEndian(footer[8..]);
        var claimed = BinaryPrimitives.ReadInt64LittleEndian(footer[16..]);
        if (offset < 0 || claimed is < 0 or > int.MaxValue || offset + claimed + FooterLength != fileLength) return false;
        length = (int)claimed;
        return true;
    }

    /// <summary>Whether the index is the one that the footer was made for.</summary>
    public static bool Fits(ReadOnlySpan<byte> footer, ReadOnlySpan<byte> index) => footer[24..].SequenceEqual(SHA256.HashData(index).AsSpan(0, 16));
}
