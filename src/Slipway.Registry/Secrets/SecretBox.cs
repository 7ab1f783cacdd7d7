using System.Security.Cryptography;
using System.Text;

namespace Slipway.Registry.Secrets;

/// <summary>
/// Seals secrets that must be readable again before they are stored (passwords for other registries, keys of webhooks): AES-256-GCM with the key in <c>DATA/registry.key</c> (mode 0600, 32 bytes as
/// hexadecimal digits, made when it is first needed). Several servers on one database need the same file. Thread-safe.
/// <code>version 1 | nonce 12 | tag 16 | ciphertext</code>
/// </summary>
public sealed class SecretBox(RegistryOptions options)
{
    const int KeySize = 32, NonceSize = 12, TagSize = 16;
    const byte Version = 1;

    readonly Lazy<byte[]> _key = new(() => ReadOrMake(options.KeyPath));

    /// <param name="purpose">What it is the secret of: a sealed secret opens only for the same.</param>
    public byte[] Seal(string secret, string purpose)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[1 + NonceSize + TagSize + plain.Length];
        box[0] = Version;
        var (nonce, tag, cipher) = Parts(box);
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(_key.Value, TagSize);
        aes.Encrypt(nonce.Span, plain, cipher.Span, tag.Span, Encoding.UTF8.GetBytes(purpose));
        return box;
    }

    /// <exception cref="InvalidDataException">It was sealed with another key, or for another purpose.</exception>
    public string Open(byte[] box, string purpose)
    {
        try
        {
            if (box.Length < 1 + NonceSize + TagSize || box[0] != Version) throw new CryptographicException("no sealed secret");
            var (nonce, tag, cipher) = Parts(box);
            var plain = new byte[cipher.Length];
            using var aes = new AesGcm(_key.Value, TagSize);
            aes.Decrypt(nonce.Span, cipher.Span, tag.Span, plain, Encoding.UTF8.GetBytes(purpose));
            return Encoding.UTF8.GetString(plain);
        }
        catch (CryptographicException wrong)
        {
            throw new InvalidDataException($"The secret of {purpose} can't be read with the key in {options.KeyPath}: it was stored with another one. Put that file back, or set the secret again.", wrong);
        }
    }

    static (Memory<byte> Nonce, Memory<byte> Tag, Memory<byte> Cipher) Parts(byte[] box) =>
        (box.AsMemory(1, NonceSize), box.AsMemory(1 + NonceSize, TagSize), box.AsMemory(1 + NonceSize + TagSize));

    static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path)) Make(path);
        var text = File.ReadAllText(path).Trim();
        return text.Length == 2 * KeySize && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text)
            : throw new InvalidDataException($"{path} holds no key: expected {2 * KeySize} hexadecimal digits. Put the file back from a backup.");
    }

    // Beside its place and then linked in without replacing: of two servers that make it at once, both read the first one's.
    static void Make(string path)
    {
        var next = $"{path}.{Guid.NewGuid():N}";
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OperatingSystem.IsWindows() ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeySize)) + "\n"));
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(next, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(next);
        }
    }
}
