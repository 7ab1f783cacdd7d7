using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>Takes milliseconds to a second of a processor: never on a thread that serves sockets.</summary>
static class PasswordHash
{
    public static bool Verify(string password, string hash) => PasswordHashes.IsBcrypt(hash) ? BCrypt.Net.BCrypt.Verify(password, hash) : Sha512Crypt.Verify(password, hash);
}
