using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Certificates;

/// <summary>The certificates as people see and change them. Thread-safe.</summary>
sealed partial class Certificates(Database.Database database, SecretBox box, EventLog events, CertificateBell bell, TlsAddresses addresses, TimeProvider time)
{
    const int Most = 1000;

    /// <summary>By source and name.</summary>
    public IReadOnlyList<CertificateStatus> List()
    {
        var now = time.GetUtcNow();
        var failures = database.Read(AcmeFailureRow.All).ToDictionary(failure => failure.Host);
        var rows = database.Read(CertificateRow.All);
        var ordered = rows.Where(row => row.Source == CertificateRow.Acme).Select(row => row.Name).ToHashSet();
        return
        [
            .. failures.Values.Where(failure => !ordered.Contains(failure.Host)).Select(Failed),
            .. rows.Select(row => Status(row, now)).Select(status => status.Source == CertificateRow.Acme && failures.TryGetValue(status.Name, out var failure) ? status with { Problem = Text(failure) } : status),
        ];
    }

    /// <summary>One of the same name is replaced; gateways get it at once.</summary>
    /// <exception cref="InvalidInputException">It can't be served; everything that is wrong with it.</exception>
    /// <exception cref="ConflictException">There are too many.</exception>
    public async Task<(CertificateStatus Status, bool IsNew)> Add(CertificateRequest request, Caller caller, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var given = GivenCertificate.Parse(request.Chain, request.Key, now);
        var name = request.Name ?? given.Hosts[0];
        if (!Name().IsMatch(name))
            throw new InvalidInputException(new Diagnostic { Key = "name", Message = $"'{(name.Length <= 100 ? name : name[..100])}' is no name of a certificate", Found = name, Expected = "1 to 255 of a-z, 0-9, '-', '_', '.', beginning with a letter, a digit or '*.'" });
        var row = CertificateRow.Make(CertificateRow.Given, name, given.Hosts, given.Chain, given.Leaf, given.Key, box, caller.Name, now);
        var isNew = await database.Write(
            connection =>
            {
                var before = CertificateRow.Find(connection, CertificateRow.Given, name);
                if (before is null && CertificateRow.All(connection).Count(one => one.Source == CertificateRow.Given) >= Most)
                    throw new ConflictException($"There are {Most} certificates already: remove what is not needed (slipway certificate rm).");
                row.Store(connection);
                Record(before is null ? "create" : "change", $"{name}: for {row.Hosts}, until {row.Ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, SHA-256 {row.Fingerprint}");
                return before is null;

                void Record(string action, string detail) => events.Record(connection, caller, new RegistryEvent { Action = action, Target = "certificate", Detail = detail });
            },
            cancel);
        bell.Ring();
        return (Status(row, now), isNew);
    }

    /// <exception cref="NotFoundException">No such certificate was given.</exception>
    public async Task Remove(string name, Caller caller, CancellationToken cancel)
    {
        await database.Write(
            connection =>
            {
                if (CertificateRow.Find(connection, CertificateRow.Given, name) is null)
                    throw new NotFoundException($"No certificate '{name}' was given (slipway certificate ls). Those that Slipway has got itself come and go with their hosts.");
                CertificateRow.Remove(connection, CertificateRow.Given, name);
                events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "certificate", Detail = name });
            },
            cancel);
        bell.Ring();
    }

    static CertificateStatus Failed(AcmeFailureRow failure) => new() { Name = failure.Host, Source = CertificateRow.Acme, Hosts = [failure.Host], Problem = Text(failure) };

    static string Text(AcmeFailureRow failure) => $"{failure.Error.TrimEnd('.')}. The next try is at {failure.Next.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.";

    CertificateStatus Status(CertificateRow row, DateTimeOffset now) => new()
    {
        Name = row.Name,
        Source = row.Source,
        Hosts = row.HostList,
        Issuer = row.Issuer,
        NotBefore = row.Begins,
        NotAfter = row.Ends,
        Fingerprint = row.Fingerprint,
        AddedBy = row.AddedBy,
        Problem = !addresses.Any ? "The gateway has no address for https (slipway up --gateway-https)." : row.Ends <= now ? "It has ended, and is not served any more." : row.Source == CertificateRow.Given && row.Ends <= now.AddDays(14) ? "It ends soon, and Slipway can't renew it: give the next one (slipway certificate add)." : null,
    };

    [GeneratedRegex(@"^(\*\.)?[a-z0-9][a-z0-9._-]{0,252}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
