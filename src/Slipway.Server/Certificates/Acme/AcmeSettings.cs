using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;
using Slipway.Server.Certificates.Acme.Proofs;
using Slipway.Server.Data;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Which authority is asked over ACME. Thread-safe.</summary>
sealed class AcmeSettings(Database.Database database, SecretBox box, EventLog events, CertificateBell bell, DataFolder folder, TimeProvider time)
{
    const int LongestText = 1000, LongestPem = 64 << 10;

    static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30), LongestWait = TimeSpan.FromHours(1);

    /// <exception cref="NotFoundException">None is set.</exception>
    public AcmeStatus Find() => database.Read(AcmeRow.Find) is { } row ? Status(row) : throw new NotFoundException("No ACME authority is set (slipway certificate acme set).");

    /// <summary>Makes an account there, so that what is wrong is seen at once. Hosts that failed before are tried again.</summary>
    /// <exception cref="InvalidInputException">Something of it is wrong, or the authority says no.</exception>
    public async Task<AcmeStatus> Set(AcmeRequest request, Caller caller, CancellationToken cancel)
    {
        var (directory, binding) = Check(request);
        var before = database.Read(AcmeRow.Find);
        using var key = before?.Directory == request.Directory ? before.Key(box) : AccountKey.Make();
        string account;
        try
        {
            using var client = new AcmeClient(directory, key, null, request.Roots, time);
            account = await client.Register(request.Email, binding, cancel);
        }
        catch (AcmeException no)
        {
            throw new InvalidInputException(new Diagnostic { Key = "directory", Message = no.Message, Found = request.Directory, Expected = "the directory of an ACME authority that this server can reach" });
        }
        var row = new AcmeRow
        {
            Directory = request.Directory,
            Email = request.Email,
            Roots = request.Roots,
            Account = account,
            Secret = AcmeRow.Seal(box, key, request.Directory),
            SetBy = caller.Name,
            Changed = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            Challenge = AcmeChallengeKinds.TextOf(request.Challenge),
            DnsHook = request.DnsHook,
            DnsWait = request.Challenge == AcmeChallengeKind.Dns ? (long)(request.DnsWait ?? DefaultWait).TotalSeconds : 0,
            BoundTo = request.AccountId,
        };
        await database.Write(
            connection =>
            {
                row.Store(connection);
                AcmeFailureRow.RemoveAll(connection);
                events.Record(connection, caller, new RegistryEvent { Action = before is null ? "create" : "change", Target = "acme", Detail = $"{row.Directory}, account {row.Account}, {row.Challenge} {row.DnsHook}".TrimEnd() });
            },
            cancel);
        bell.Ring();
        return Status(row);
    }

    /// <summary>Its certificates are served until they end.</summary>
    /// <exception cref="NotFoundException">None is set.</exception>
    public async Task Remove(Caller caller, CancellationToken cancel)
    {
        await database.Write(
            connection =>
            {
                var row = AcmeRow.Find(connection) ?? throw new NotFoundException("No ACME authority is set.");
                AcmeRow.Remove(connection);
                AcmeFailureRow.RemoveAll(connection);
                events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "acme", Detail = row.Directory });
            },
            cancel);
        bell.Ring();
    }

    (Uri Directory, AccountBinding? Binding) Check(AcmeRequest request)
    {
        var wrong = new List<Diagnostic>();
        if (request.Directory.Length > LongestText || !Uri.TryCreate(request.Directory, UriKind.Absolute, out var directory) || directory.Scheme != Uri.UriSchemeHttps)
        {
            directory = null;
            Add("directory", "It is no https URL", "the URL of the authority's directory, like https://acme-v02.api.letsencrypt.org/directory");
        }
        if (request.Email is { } email && (email.Length > 254 || email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ',' or '?' or '&') || email.Split('@') is not [{ Length: > 0 }, { Length: > 0 }]))
            Add("email", "It is no address", "an address for mail, like ops@example.com");
        if (request.Roots is { } roots && !AreCertificates(roots)) Add("roots", "It has no certificates", "a PEM file with the roots that the authority's own server is trusted by");
        if (!request.AgreesToTerms) Add("agreesToTerms", "The authority's terms of service are not agreed to", "true, when you have read them (--agree-to-terms)");
        if (!Enum.IsDefined(request.Challenge)) Add("challenge", "It is no way to look at a host", AcmeChallengeKinds.Expected);
        if (request.Challenge == AcmeChallengeKind.Dns)
        {
            if (request.DnsHook is null) Add("dnsHook", "The challenge dns needs a program that makes records", $"--dns-hook, the name of a program in {folder.Hooks}");
            else if (DnsHook.Check(folder.Hooks, request.DnsHook) is { } no) wrong.Add(no);
            if (request.DnsWait is { } wait && (wait < TimeSpan.Zero || wait > LongestWait)) Add("dnsWait", "It is no time that the DNS needs", "0s to 1h");
        }
        else if (request.DnsHook is not null || request.DnsWait is not null) Add("dnsHook", "It belongs to the challenge dns", "--challenge dns beside it");
        var key = request.AccountKey is { } text ? AccountBinding.KeyOf(text) : null;
        if (request.AccountKey is not null && key is null) Add("accountKey", "It is no key", "what the authority shows beside the account's identifier, base64url");
        if (request.AccountId is null != request.AccountKey is null || request.AccountId is { Length: 0 or > LongestText }) Add("accountId", "An account of the authority's has an identifier and a key", "both, or neither");
        return wrong.Count == 0 ? (directory!, request.AccountId is { } id && key is not null ? new AccountBinding(id, key) : null) : throw new InvalidInputException(wrong);

        void Add(string key, string message, string expected) => wrong.Add(new Diagnostic { Key = key, Message = message, Expected = expected });
    }

    static bool AreCertificates(string pem)
    {
        if (pem.Length > LongestPem) return false;
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(pem);
            return found.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    static AcmeStatus Status(AcmeRow row) => new()
    {
        Directory = row.Directory,
        Email = row.Email,
        Account = row.Account,
        AccountId = row.BoundTo,
        Challenge = row.ChallengeKind,
        DnsHook = row.DnsHook,
        DnsWait = row.ChallengeKind == AcmeChallengeKind.Dns ? TimeSpan.FromSeconds(row.DnsWait) : null,
        SetBy = row.SetBy,
        Changed = DateTimeOffset.Parse(row.Changed, CultureInfo.InvariantCulture),
    };
}
