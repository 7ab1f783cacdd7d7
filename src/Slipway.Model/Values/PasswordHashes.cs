using System.Buffers;
using System.Globalization;

namespace Slipway.Model;

/// <summary>
/// The hashes that a gateway can verify, both as htpasswd files have them: bcrypt ($2a$, $2b$, $2y$) with a cost of 4 to 14, and SHA-512 crypt ($6$,
/// crypt(5)) of 1,000 to 500,000 rounds. More would hold a processor for seconds at each guess.
/// </summary>
public static class PasswordHashes
{
    /// <summary>What is right, for messages.</summary>
    public const string Expected = "bcrypt with a cost of 4 to 14 (htpasswd -nbB NAME PASSWORD) or SHA-512 crypt (openssl passwd -6)";

    const int BcryptLength = 60, Sha512Length = 86, MaxSalt = 16, MinRounds = 1000, MaxRounds = 500_000, DefaultRounds = 5000;

    static readonly SearchValues<char> Letters = SearchValues.Create("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsKnown(string hash) => IsBcrypt(hash) || TryReadSha512(hash, out _, out _, out _);

    public static bool IsBcrypt(string hash) =>
        hash.Length == BcryptLength && hash is ['$', '2', 'a' or 'b' or 'y', '$', var tens, var ones, '$', ..] && char.IsAsciiDigit(tens) && char.IsAsciiDigit(ones)
        && ((tens - '0') * 10) + ones - '0' is >= 4 and <= 14 && !hash.AsSpan(7).ContainsAnyExcept(Letters);

    public static bool TryReadSha512(string hash, out int rounds, out string salt, out string digest)
    {
        (rounds, salt, digest) = (DefaultRounds, "", "");
        if (!hash.StartsWith("$6$", StringComparison.Ordinal)) return false;
        var parts = hash[3..].Split('$');
        if (parts[0].StartsWith("rounds=", StringComparison.Ordinal))
        {
            if (!int.TryParse(parts[0].AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out rounds) || rounds is < MinRounds or > MaxRounds) return false;
            parts = parts[1..];
        }
        if (parts is not [{ Length: <= MaxSalt } s, { Length: Sha512Length } d] || s.AsSpan().ContainsAnyExcept(Letters) || d.AsSpan().ContainsAnyExcept(Letters)) return false;
        (salt, digest) = (s, d);
        return true;
    }
}
