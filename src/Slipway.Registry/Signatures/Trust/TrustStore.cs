using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures.Keys;

namespace Slipway.Registry.Signatures.Trust;

/// <summary>The keys and certificates that signatures of images are verified with: the platform's own, and those that were given. Thread-safe.</summary>
public sealed partial class TrustStore
{
    /// <summary>The name of the platform's own key, which signs what is built here.</summary>
    public const string Own = "slipway";

    internal const string Key = "key", Certificate = "certificate";

    const int MaxPem = 64 << 10;
    const int MaxProjects = 100;
    const int MaxEntries = 1000;

    readonly Database.Database _database;
    readonly SigningKey _own;
    readonly EventLog _events;
    readonly TimeProvider _time;

    internal TrustStore(Database.Database database, SigningKey own, EventLog events, TimeProvider time) => (_database, _own, _events, _time) = (database, own, events, time);

    /// <summary>The platform's own first, then by name.</summary>
    public async Task<IReadOnlyList<TrustedSigner>> List(CancellationToken cancel) =>
        [await OwnSigner(cancel), .. _database.Read(connection => TrustRow.All(connection).Select(row => row.Read()).ToList())];

    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public async Task<TrustedSigner> Find(string name, CancellationToken cancel) =>
        name == Own ? await OwnSigner(cancel) : _database.Read(connection => TrustRow.Find(connection, name))?.Read() ?? throw new NotFoundException($"There is no trusted key or certificate '{name}' (slipway trust ls).");

    /// <exception cref="InvalidInputException">Something of it is no name, project, key or certificate; every error of it.</exception>
    /// <exception cref="ConflictException">There is one of that name.</exception>
    public async Task<TrustedSigner> Add(TrustRequest request, Caller caller, CancellationToken cancel)
    {
        var (kind, pem) = Check(request);
        var row = new TrustRow
        {
            Name = request.Name,
            Kind = kind,
            Subject = request.Subject,
            Pem = pem,
            AddedBy = caller.Name,
            Created = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            Projects = request.Projects.Count == 0 ? null : string.Join(',', request.Projects.Distinct().Order(StringComparer.Ordinal)),
        };
        var signer = row.Read();
        await _database.Write(
            connection =>
            {
                if (TrustRow.Find(connection, request.Name) is not null) throw new ConflictException($"There is a trusted key or certificate '{request.Name}' already: remove it first (slipway trust rm), or choose another name.");
                if (connection.ExecuteScalar<long>("SELECT count(*) FROM registry_trust") >= MaxEntries) throw new ConflictException($"There are {MaxEntries} trusted keys and certificates already: remove what is not needed.");
                connection.Execute("INSERT INTO registry_trust (name, kind, projects, subject, pem, added_by, created) VALUES (@Name, @Kind, @Projects, @Subject, @Pem, @AddedBy, @Created)", row);
                Record(connection, caller, "create", row, $"{row.Name}: {kind} {signer.Algorithm}, SHA-256 {signer.Fingerprint}, {(row.Subject is { } subject ? $"subject {subject}, " : "")}for {row.Projects ?? "all projects"}");
            },
            cancel);
        return signer;
    }

    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="ConflictException">It is the platform's own.</exception>
    public Task Remove(string name, Caller caller, CancellationToken cancel)
    {
        if (name == Own) throw new ConflictException($"'{Own}' is the platform's own key and can't be removed. A policy that does not count it names those that count (slipway policy set --key).");
        return _database.Write(
            connection =>
            {
                var row = TrustRow.Find(connection, name) ?? throw new NotFoundException($"There is no trusted key or certificate '{name}' (slipway trust ls).");
                connection.Execute("DELETE FROM registry_trust WHERE name = @name", new { name });
                Record(connection, caller, "delete", row, name);
            },
            cancel);
    }

    /// <summary>What a project trusts.</summary>
    internal async Task<TrustSet> Of(string project, CancellationToken cancel)
    {
        var keys = new List<TrustedKey> { new(Own, VerificationKey.Parse(await _own.PublicPem(cancel))) };
        var roots = new List<TrustedRoot>();
        foreach (var row in _database.Read(TrustRow.All).Where(row => row.Projects is null || row.ProjectList.Contains(project)))
        {
            if (row.Kind == Key) keys.Add(new TrustedKey(row.Name, VerificationKey.Parse(row.Pem)));
            else roots.AddRange(CertificateFile.Parse(row.Pem).Select(certificate => new TrustedRoot(row.Name, certificate, row.Subject is { } subject ? SubjectPattern.TryParse(subject) : null)));
        }
        return new TrustSet(keys, roots);
    }

    async Task<TrustedSigner> OwnSigner(CancellationToken cancel)
    {
        var (pem, created) = await _own.Public(cancel);
        return new TrustRow { Name = Own, Kind = Key, Pem = pem, AddedBy = Own, Created = created }.Read();
    }

    static (string Kind, string Pem) Check(TrustRequest request)
    {
        var wrong = new List<Diagnostic>();
        if (!Name().IsMatch(request.Name) || request.Name == Own)
            wrong.Add(Wrong("name", request.Name, request.Name == Own ? "is the platform's own key" : "is no name of a key", "1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or digit, but not 'slipway'"));
        if (request.Projects.Count > MaxProjects) wrong.Add(Wrong("projects", $"{request.Projects.Count} projects", "are too many", $"at most {MaxProjects}; leave them out for all"));
        foreach (var project in request.Projects.Take(MaxProjects))
        {
            try
            {
                ProjectScope.Parse(project);
            }
            catch (InvalidInputException no)
            {
                wrong.AddRange(no.Diagnostics.Select(diagnostic => diagnostic with { Key = "projects" }));
            }
        }
        if (request.Subject is { } subject && (request.Certificate is null || SubjectPattern.TryParse(subject) is null))
            wrong.Add(Wrong("subject", subject.Length <= 200 ? subject : subject[..200], request.Certificate is null ? "is a subject, and a key has none" : "is no subject", "with a certificate, parts of a distinguished name: C=DE, O=Shop, CN=Release"));
        var (kind, pem) = (Key, "");
        try
        {
            (kind, pem) = request switch
            {
                { Key.Length: > MaxPem } or { Certificate.Length: > MaxPem } => throw new InvalidInputException(new Diagnostic { Message = "The file is too large", Key = "key", Expected = $"at most {MaxPem} characters" }),
                { Key: { } text, Certificate: null } => (Key, VerificationKey.Parse(text).ToPem()),
                { Key: null, Certificate: { } text } => (Certificate, CertificateFile.ToPem(CertificateFile.Parse(text))),
                _ => throw new InvalidInputException(new Diagnostic { Message = "There is nothing to trust, or too much", Key = "key", Expected = "either a key or a certificate" }),
            };
        }
        catch (InvalidInputException no)
        {
            wrong.AddRange(no.Diagnostics);
        }
        return wrong.Count == 0 ? (kind, pem) : throw new InvalidInputException(wrong);
    }

    // In the log of its project where it is of one alone.
    void Record(DbConnection connection, Caller caller, string action, TrustRow row, string detail) => _events.Record(
        connection, caller, new RegistryEvent { Action = action, Target = "trust", Detail = detail, Repository = row.ProjectList is [var only] ? only : null });

    static Diagnostic Wrong(string key, string found, string what, string expected) => new() { Message = $"'{found}' {what}", Key = key, Found = found, Expected = expected };

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
