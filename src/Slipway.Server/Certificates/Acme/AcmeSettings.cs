using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Which authority is asked over ACME. Thread-safe.</summary>
sealed class AcmeSettings(Database.Database database, SecretBox box, EventLog events, CertificateBell bell, TimeProvider time)
{
    const int LongestText = 1000, LongestPem = 64 << 10;

    /// <exception cref="NotFoundException">None is set.</exception>
    public AcmeStatus Find() => database.Read(AcmeRow.Find) is { } row ? Status(row) : throw new NotFoundException("No ACME authority is set (slipway certificate acme set).");

    /// <summary>Makes an account there, so that what is wrong is seen at once. Hosts that failed before are tried again.</summary>
    /// <exception cref="InvalidInputException">Something of it is wrong, or the authority says no.</exception>
    public async Task<AcmeStatus> Set(AcmeRequest request, Caller caller, CancellationToken cancel)
    {
        var directory = Check(request);
        var before = database.Read(AcmeRow.Find);
        using var key = before?.Directory == request.Directory ? before.Key(box) : AccountKey.Make();
        string account;
        try
        {
            using var client = new AcmeClient(directory, key, null, request.Roots, time);
            account = await client.Register(request.Email, cancel);
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
        };
        await database.Write(
            connection =>
            {
                row.Store(connection);
                AcmeFailureRow.RemoveAll(connection);
                events.Record(connection, caller, new RegistryEvent { Action = before is null ? "create" : "change", Target = "acme", Detail = $"{row.Directory}, account {row.Account}" });
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

    static Uri Check(AcmeRequest request)
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
        return wrong.Count == 0 ? directory! : throw new InvalidInputException(wrong);

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

    static AcmeStatus Status(AcmeRow row) => new() { Directory = row.Directory, Email = row.Email, Account = row.Account, SetBy = row.SetBy, Changed = DateTimeOffset.Parse(row.Changed, CultureInfo.InvariantCulture) };
}
