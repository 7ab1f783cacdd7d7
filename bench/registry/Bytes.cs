using System.Security.Cryptography;

namespace Slipway.Bench.Registry;

static class Bytes
{
    public static byte[] Random(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Other bytes of the same length, quickly: the first eight tell them apart.</summary>
    public static byte[] Mark(byte[] bytes, long number)
    {
        BitConverter.TryWriteBytes(bytes, number);
        return bytes;
    }

    public static string Digest(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
