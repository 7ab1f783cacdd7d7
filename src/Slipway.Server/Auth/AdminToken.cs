using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Slipway.Server.Data;

namespace Slipway.Server.Auth;

/// <summary>
/// The credential of the one who set the server up: 32 random bytes as base64url in DATA/admin.token, mode 0600, made at the first start.
/// It is never printed or logged.
/// </summary>
public sealed class AdminToken
{
    const int Length = 43;

    readonly byte[] _bytes;

    AdminToken(string text) => (Text, _bytes) = (text, Encoding.ASCII.GetBytes(text));

    /// <summary>The token itself, for whoever has to present it: the engine that pulls, the CLI on this machine.</summary>
    public string Text { get; }

    /// <summary>Reads the folder's token, making it where there is none yet.</summary>
    /// <exception cref="ServerStartException">The file holds no token, or others can read it.</exception>
    public static AdminToken ReadOrMake(DataFolder folder)
    {
        if (!File.Exists(folder.AdminToken)) AtomicFile.Write(folder.AdminToken, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) + "\n");

        var mode = File.GetUnixFileMode(folder.AdminToken);
        if ((mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            throw new ServerStartException($"{folder.AdminToken} can be read by others (mode {Convert.ToString((int)mode, 8)}): delete it, and the next start makes a new token; or run: chmod 600 {folder.AdminToken}");

        var text = File.ReadAllText(folder.AdminToken).Trim();
        if (text.Length != Length || !Base64Url.IsValid(text))
            throw new ServerStartException($"{folder.AdminToken} holds no token (expected {Length} characters of base64url): delete it, and the next start makes a new one.");
        return new AdminToken(text);
    }

    /// <summary>Takes the same time wherever the first difference is.</summary>
    public bool Matches(ReadOnlySpan<byte> presented) => CryptographicOperations.FixedTimeEquals(_bytes, presented);
}
