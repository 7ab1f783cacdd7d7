using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>
/// Names and passwords (RFC 7617). A password's hash is slow by design: it is computed on other threads than those that serve, one at a time for each
/// processor but one, and a header that was right is remembered by a keyed hash of it.
/// </summary>
sealed class CredentialCheck(BasicAuth source)
{
    const int MaxRemembered = 10_000, MaxWaiting = 100;

    static readonly SemaphoreSlim Hashing = new(Math.Max(1, Environment.ProcessorCount - 1));
    static int _waiting;

    readonly Dictionary<string, string> _users = new(source.Users, StringComparer.Ordinal);
    readonly ConcurrentDictionary<UInt128, string> _right = new();
    readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    readonly ErrorPage _challenge = ErrorPage.Unauthorized($"Basic realm=\"{source.Realm}\", charset=\"UTF-8\"");

    /// <summary>Null: let in. Done at once for who was let in before, and for who says nothing.</summary>
    public ValueTask<ErrorPage?> Check(Exchange exchange)
    {
        if (exchange.Request.Headers.Authorization is not [{ Length: > 6 and < 4096 } header] || !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return new(_challenge);
        var fingerprint = Fingerprint(header);
        if (_right.TryGetValue(fingerprint, out var user))
        {
            exchange.User = user;
            return new((ErrorPage?)null);
        }
        return new(Verify(exchange, header, fingerprint));
    }

    async Task<ErrorPage?> Verify(Exchange exchange, string header, UInt128 fingerprint)
    {
        if (!TryRead(header, out var name, out var password)) return _challenge;
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return ErrorPage.Busy("So many passwords are being checked that yours can't be now.");
        }
        try
        {
            await Hashing.WaitAsync();
            try
            {
                // A name that does not exist takes as long as one that does.
                var isKnown = _users.TryGetValue(name, out var hash);
                hash ??= _users.Values.FirstOrDefault() ?? "";
                if (!await Task.Run(() => PasswordHash.Verify(password, hash)) || !isKnown) return _challenge;
            }
            finally
            {
                Hashing.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        if (_right.Count >= MaxRemembered) _right.Clear();
        _right[fingerprint] = exchange.User = name;
        return null;
    }

    static bool TryRead(string header, out string name, out string password)
    {
        (name, password) = ("", "");
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64Chars(header.AsSpan(6).Trim(), bytes, out var length)) return false;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        // bcrypt is a hash of at most 72 bytes; a longer one is nobody's.
        if (colon <= 0 || length > 256) return false;
        (name, password) = (text[..colon], text[(colon + 1)..]);
        return true;
    }

    UInt128 Fingerprint(string header)
    {
        Span<byte> bytes = stackalloc byte[header.Length <= 512 ? header.Length : 0];
        if (bytes.IsEmpty) bytes = new byte[header.Length];
        Encoding.Latin1.GetBytes(header, bytes);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
