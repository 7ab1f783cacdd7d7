using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.Auth;

/// <summary>
/// From an Authorization header to who sent it: Basic (RFC 7617) with a user's password or a robot's secret, Bearer (RFC 6750) with a token of ours, and the
/// admin token either way. What was verified is believed for a short time, known by a keyed hash of the header, so that a request costs one look-up;
/// passwords are never kept. Thread-safe.
/// </summary>
public sealed class Authenticator : IDisposable
{
    const string Catalog = "registry:catalog";
    const int MaxHeader = 16 << 10, MaxRemembered = 10_000;

    readonly Database.Database _database;
    readonly Tokens _tokens;
    readonly EventLog _events;
    readonly AccessOptions _options;
    readonly TimeProvider _time;
    readonly FailureBrake _brake;
    long _changes;
    readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    readonly ConcurrentDictionary<UInt128, (Identity Identity, DateTimeOffset Until)> _remembered = new();

    // PBKDF2 takes a processor for a tenth of a second: guessing must not take all of them.
    readonly SemaphoreSlim _verifying = new(Math.Max(1, Environment.ProcessorCount / 2));

    internal Authenticator(Database.Database database, Tokens tokens, EventLog events, AccessOptions options, TimeProvider time)
    {
        (_database, _tokens, _events, _options, _time) = (database, tokens, events, options, time);
        _brake = new FailureBrake(options.MaxFailures, time);
    }

    /// <param name="header">The Authorization header; null or empty is nobody in particular.</param>
    /// <param name="address">Where it came from, for who guesses.</param>
    public ValueTask<Authentication> Authenticate(string? header, string? address)
    {
        if (string.IsNullOrEmpty(header)) return new(new Authentication(Identity.Anonymous, null));
        if (header.Length > MaxHeader) return new(Authentication.Refused("the Authorization header is too long"));
        var hash = Hash(header);
        if (_remembered.TryGetValue(hash, out var known) && known.Until > _time.GetUtcNow()) return new(new Authentication(known.Identity, null));
        return new(Verify(header, address ?? "", hash));
    }

    public void Dispose() => _verifying.Dispose();

    /// <summary>Forgets what was verified: rights have changed.</summary>
    internal void Forget()
    {
        Interlocked.Increment(ref _changes);
        _remembered.Clear();
    }

    /// <summary>An account by its name and password, for whoever needs to know its version.</summary>
    internal async Task<(AccountRow? Account, Authentication Result)> Check(string name, string password, string address)
    {
        if (name == Identity.Admin.Name) return (null, IsAdminToken(password) ? new Authentication(Identity.Admin, null) : Failed(name, address));
        if (AccountName.IsRobot(name)) return CheckRobot(name, password, address);
        if (_brake.Held(name, address) is { } wait) return (null, new Authentication(Identity.Anonymous, "too many wrong passwords: wait a minute") { RetryAfter = wait });
        var account = _database.Read(connection => AccountRow.Find(connection, name));
        await _verifying.WaitAsync();
        try
        {
            if (!await Task.Run(() => Passwords.Matches(account?.Secret, password))) return (null, Failed(name, address));
        }
        finally
        {
            _verifying.Release();
        }
        _brake.Passed(name, address);
        return Usable(account!);
    }

    // 256 random bits: nobody guesses them, so there is no brake to hold, and no hash that takes long. The time does not depend on whether there is such a robot.
    (AccountRow? Account, Authentication Result) CheckRobot(string name, string secret, string address)
    {
        var robot = _database.Read(connection => AccountRow.Find(connection, name));
        return Passwords.MatchesSecret(robot?.Secret, secret) ? Usable(robot!) : (null, Failed(name, address));
    }

    (AccountRow? Account, Authentication Result) Usable(AccountRow account) => account.IsUsable(_time.GetUtcNow())
        ? (account, new Authentication(_database.Read(connection => IdentityOf(account, account.Rights(connection))), null))
        : (null, Authentication.Refused(Unusable(account)));

    static string Unusable(AccountRow account) => account.Disabled != 0 ? $"the account {account.Name} is disabled" : $"the account {account.Name} has ended on {account.End:yyyy-MM-dd}";

    /// <summary>The account of a token, where it is still as it was when the token was given out; null for the admin token's own.</summary>
    internal (AccountRow? Account, string? Wrong) AccountOf(Verified token)
    {
        if (token.Account == Identity.Admin.Name || token.Account == Identity.Anonymous.Name) return (null, null);
        if (token.Account == Identity.ScannerName)
            return (null, _database.Read(connection => connection.ExecuteScalar<long?>("SELECT 1 FROM registry_scans WHERE manifest_id = @Version AND state = 'running'", new { token.Version })) is null
                ? "the scan that the token was made for has ended" : null);
        var account = _database.Read(connection => AccountRow.Find(connection, token.Account));
        if (account is null || account.Version != token.Version) return (null, $"the account {token.Account} has been changed, disabled or removed since the token was made: log in again");
        return account.IsUsable(_time.GetUtcNow()) ? (account, null) : (null, Unusable(account));
    }

    async Task<Authentication> Verify(string header, string address, UInt128 hash)
    {
        var before = Interlocked.Read(ref _changes);
        var (scheme, value) = header.IndexOf(' ', StringComparison.Ordinal) is var space and > 0 ? (header[..space], header[(space + 1)..].Trim()) : (header, "");
        var (result, until) = scheme.ToLowerInvariant() switch
        {
            "basic" => await Basic(value, address),
            "bearer" => await Bearer(value),
            _ => (Authentication.Refused($"'{scheme}' is no way to authenticate here: expected Bearer or Basic"), default),
        };
        if (result.Wrong is null)
        {
            if (_remembered.Count >= MaxRemembered) _remembered.Clear();
            _remembered[hash] = (result.Identity, until);
            // What was read before a change must not be remembered after it.
            if (Interlocked.Read(ref _changes) != before) _remembered.TryRemove(hash, out _);
        }
        return result;
    }

    async Task<(Authentication, DateTimeOffset)> Basic(string value, string address)
    {
        var until = _time.GetUtcNow() + _options.Remember;
        var bytes = new byte[value.Length];
        if (!Convert.TryFromBase64String(value, bytes, out var length)) return (Authentication.Refused("the Basic credential is no base64"), until);
        var credential = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = credential.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return (Authentication.Refused("the Basic credential has no ':' between name and password"), until);
        var (account, result) = await Check(credential[..colon], credential[(colon + 1)..], address);
        return (result, Earlier(until, account?.End));
    }

    async Task<(Authentication, DateTimeOffset)> Bearer(string value)
    {
        var until = _time.GetUtcNow() + _options.Remember;
        if (IsAdminToken(value)) return (new Authentication(Identity.Admin, null), until);
        var (token, wrong) = await _tokens.Verify(value);
        if (token is null) return (Authentication.Refused(wrong!), until);
        var (account, changed) = AccountOf(token);
        if (changed is not null) return (Authentication.Refused(changed), until);
        var ends = new DateTimeOffset(token.Ends, TimeSpan.Zero) + _options.ClockSkew;
        return (new Authentication(OfToken(token, account), null), Earlier(Earlier(until, ends), account?.End));
    }

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other < one ? other.Value : one;

    // What the token grants, and of that only what the account may still do.
    Identity OfToken(Verified token, AccountRow? account)
    {
        var held = token.Account == Identity.Admin.Name ? Rights.Admin : account is null ? null : _database.Read(account.Rights);
        var grants = new List<Grant>();
        var asked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var access in token.Access)
        {
            // A repository's name has no colon.
            asked.Add(access.Type == "registry" ? Catalog : access.Name);
            if (access.Type != "repository" || !ScopePattern.TryParse(access.Name, out var pattern)) continue;
            var actions = new TokenScope(access.Type, access.Name, access.Actions).Wanted();
            // Of anonymous tokens, what is public is asked again on each request.
            if (token.Account == Identity.ScannerName) actions &= RegistryActions.Pull;
            else if (held is not null) actions &= held.On(access.Name);
            else actions = RegistryActions.None;
            grants.Add(new Grant(pattern, actions));
        }
        return new Identity(token.Account, new Rights(grants), account?.Kind ?? (token.Account == Identity.Admin.Name ? "user" : token.Account == Identity.ScannerName ? "scanner" : "anonymous"))
        {
            Asked = asked,
            // registry:catalog:* shows what the account may see at all, and lets nothing be pulled.
            Listed = held is not null && asked.Contains(Catalog) ? held : null,
        };
    }

    Authentication Failed(string name, string address)
    {
        if (_brake.Failed(name, address))
        {
            // Not waited for: an answer must not tell by its time that this is written down.
            _ = _database.Write(connection => _events.Record(connection, new Caller(name.Length <= 128 ? name : name[..128], address), new RegistryEvent { Action = "login", Target = "account", Detail = "refused: wrong name or password" }));
        }
        return Authentication.Refused("wrong name or password");
    }

    bool IsAdminToken(string text) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(_options.AdminToken()));

    internal Identity IdentityOf(AccountRow account) => IdentityOf(account, _database.Read(account.Rights));

    static Identity IdentityOf(AccountRow account, Rights rights) => new(account.Name, rights, account.Kind);

    UInt128 Hash(string header)
    {
        Span<byte> hash = stackalloc byte[32];
        if (header.Length <= 1024)
        {
            Span<byte> bytes = stackalloc byte[3072];
            HMACSHA256.HashData(_key, bytes[..Encoding.UTF8.GetBytes(header, bytes)], hash);
        }
        else HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(header), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

/// <summary>What came of a credential.</summary>
/// <param name="Wrong">Why it is not accepted; null where it is, or where there was none.</param>
public sealed record Authentication(Identity Identity, string? Wrong)
{
    /// <summary>Set where nothing is looked at for a while.</summary>
    public TimeSpan? RetryAfter { get; init; }

    internal static Authentication Refused(string why) => new(Identity.Anonymous, why);
}
