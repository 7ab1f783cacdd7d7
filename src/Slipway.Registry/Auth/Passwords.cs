using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Registry.Auth;

/// <summary>
/// How secrets are kept: a password that a person chose as PBKDF2-HMAC-SHA512 with 210,000 rounds (OWASP Password Storage Cheat Sheet, 2023), one that
/// was made of 32 random bytes as SHA-256, which nobody can guess however fast it is.
/// <code>
/// pbkdf2-sha512:ROUNDS:SALT:HASH
/// sha256:HASH
/// </code>
/// </summary>
static class Passwords
{
    public const int MinLength = 10, MaxLength = 256;
    const int Rounds = 210_000, SaltSize = 16, HashSize = 32;

    /// <summary>A wrong one to check against where there is no such account, so that an answer takes as long.</summary>
    static readonly string Nobody = OfPassword(Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)));

    static readonly string NoSecret = OfSecret(NewSecret());

    public static string NewSecret() => "slw_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string OfSecret(string secret) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static string OfPassword(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return string.Create(CultureInfo.InvariantCulture, $"pbkdf2-sha512:{Rounds}:{Convert.ToHexStringLower(salt)}:{Convert.ToHexStringLower(Hash(password, salt, Rounds))}");
    }

    /// <param name="stored">Null where there is no such account: takes as long, and is false.</param>
    public static bool Matches(string? stored, string presented)
    {
        var parts = (stored ?? Nobody).Split(':');
        var right = parts switch
        {
            ["pbkdf2-sha512", var rounds, var salt, var hash] =>
                CryptographicOperations.FixedTimeEquals(Convert.FromHexString(hash), Hash(presented, Convert.FromHexString(salt), int.Parse(rounds, CultureInfo.InvariantCulture))),
            _ => false,
        };
        return right && stored is not null;
    }

    /// <summary>As <see cref="Matches"/>, for secrets that were made here.</summary>
    public static bool MatchesSecret(string? stored, string presented)
    {
        var right = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(stored ?? NoSecret), Encoding.UTF8.GetBytes(OfSecret(presented)));
        return right && stored is not null;
    }

    static byte[] Hash(string password, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, rounds, HashAlgorithmName.SHA512, HashSize);
}
