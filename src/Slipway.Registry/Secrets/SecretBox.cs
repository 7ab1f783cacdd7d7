using System.Security.Cryptography;
using System.Text;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Secrets;

/// <summary>
/// Secrets as they lie in the database (credentials of other registries, keys of webhooks): AES-256-GCM under a key that is not in the database but in
/// a file beside it, 0600, made at the first start. Who has a copy of the database alone can read none of them; several servers on one database
/// need the same file. Thread-safe.
/// <code>v1: base64( nonce, 12 bytes | tag, 16 bytes | ciphertext )</code>
/// </summary>
sealed class SecretBox
{
    const string Version = "v1:";
    const int KeySize = 32, NonceSize = 12, TagSize = 16;

    readonly byte[] _key;
    readonly string _file;

    SecretBox(byte[] key, string file) => (_key, _file) = (key, file);

    /// <summary>With the key of a file, which is made where there is none.</summary>
    /// <exception cref="InvalidDataException">The file holds no key.</exception>
    public static SecretBox Open(string file)
    {
        if (!File.Exists(file)) Make(file);
        var text = File.ReadAllText(file).Trim();
        var key = new byte[KeySize];
        return Convert.TryFromBase64String(text, key, out var length) && length == KeySize
            ? new SecretBox(key, file)
            : throw new InvalidDataException($"{file} holds no key (expected base64 of {KeySize} bytes): put the right one back from a backup, or delete it, and enter the secrets of mirrors, replications and webhooks anew");
    }

    // There by rename, whole or not at all: a key that is half written would lock everything out that is sealed later.
    static void Make(string file)
    {
        var making = $"{file}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(making, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeySize)) + "\n"));
            stream.Flush(flushToDisk: true);
        }
        File.Move(making, file, overwrite: false);
        DurableFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    public SealedSecret Seal(string secret)
    {
        var text = Encoding.UTF8.GetBytes(secret);
        var sealedBytes = new byte[NonceSize + TagSize + text.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceSize));
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(sealedBytes.AsSpan(0, NonceSize), text, sealedBytes.AsSpan(NonceSize + TagSize), sealedBytes.AsSpan(NonceSize, TagSize));
        return new SealedSecret(Version + Convert.ToBase64String(sealedBytes));
    }

    /// <exception cref="InvalidDataException">It was sealed under another key, or changed.</exception>
    public string Open(SealedSecret secret)
    {
        try
        {
            var bytes = Convert.FromBase64String(secret.Text[Version.Length..]);
            var text = new byte[bytes.Length - NonceSize - TagSize];
            using var cipher = new AesGcm(_key, TagSize);
            cipher.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), text);
            return Encoding.UTF8.GetString(text);
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"A secret in the database can't be opened with the key in {_file}: put back the key that it was sealed with (on several servers: the same file), or enter the secret anew", wrong);
        }
    }
}

/// <summary>A secret as <see cref="SecretBox.Seal"/> has left it.</summary>
readonly record struct SealedSecret(string Text);
