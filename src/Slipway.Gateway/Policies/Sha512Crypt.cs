using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>
/// The hash $6$[rounds=N$]salt$hash of crypt(5), as 'openssl passwd -6' and mkpasswd make it (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512",
/// 2008; in the public domain).
/// </summary>
static class Sha512Crypt
{
    const string Alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const int HashLength = 86;

    public static bool Verify(string password, string hash) =>
        PasswordHashes.TryReadSha512(hash, out var rounds, out var salt, out var digest)
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Digest(Encoding.UTF8.GetBytes(password), Encoding.ASCII.GetBytes(salt), rounds)), Encoding.ASCII.GetBytes(digest));

    static string Digest(byte[] password, byte[] salt, int rounds)
    {
        var alternate = SHA512.HashData([.. password, .. salt, .. password]);
        using var a = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        a.AppendData(password);
        a.AppendData(salt);
        a.AppendData(Repeat(alternate, password.Length));
        for (var n = password.Length; n > 0; n >>= 1) a.AppendData((n & 1) != 0 ? alternate : password);
        var result = a.GetHashAndReset();

        var p = Repeat(HashOf(password, password.Length), password.Length);
        var s = Repeat(HashOf(salt, 16 + result[0]), salt.Length);
        for (var round = 0; round < rounds; round++)
        {
            a.AppendData((round & 1) != 0 ? p : result);
            if (round % 3 != 0) a.AppendData(s);
            if (round % 7 != 0) a.AppendData(p);
            a.AppendData((round & 1) != 0 ? result : p);
            a.GetHashAndReset(result);
        }
        return Encode(result);
    }

    static byte[] HashOf(byte[] bytes, int times)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        for (var i = 0; i < times; i++) hash.AppendData(bytes);
        return hash.GetHashAndReset();
    }

    static byte[] Repeat(byte[] bytes, int length)
    {
        var result = new byte[length];
        for (var i = 0; i < length; i++) result[i] = bytes[i % bytes.Length];
        return result;
    }

    /// <summary>Three bytes to four letters, the lowest six bits first, in an order of the bytes that goes round by 21.</summary>
    static string Encode(byte[] hash)
    {
        var text = new StringBuilder(HashLength);
        var (a, b, c) = (0, 21, 42);
        for (var i = 0; i < 21; i++)
        {
            Add(hash[a] << 16 | hash[b] << 8 | hash[c], 4);
            (a, b, c) = (b + 1, c + 1, a + 1);
        }
        Add(hash[63], 2);
        return text.ToString();

        void Add(int bits, int letters)
        {
            for (; letters > 0; letters--, bits >>= 6) text.Append(Alphabet[bits & 63]);
        }
    }
}
