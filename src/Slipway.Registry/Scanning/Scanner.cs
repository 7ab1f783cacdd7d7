using System.Net;
using System.Text.Json;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Scanning.Adapters;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Scanning;

/// <summary>The scanner adapter of the platform: set, shown, removed. Thread-safe.</summary>
public sealed class Scanner
{
    readonly Database.Database _database;
    readonly SecretBox _box;
    readonly EventLog _events;
    readonly ScanQueue _queue;
    readonly RegistryOptions _options;
    readonly TimeProvider _time;

    internal Scanner(Database.Database database, SecretBox box, EventLog events, ScanQueue queue, RegistryOptions options, TimeProvider time) =>
        (_database, _box, _events, _queue, _options, _time) = (database, box, events, queue, options, time);

    /// <summary>
    /// Takes an adapter into use, after asking it what it is. What waits goes to it from now on, failed scans are tried again, and images that were
    /// never scanned are looked for.
    /// </summary>
    /// <exception cref="InvalidInputException">Something in it is wrong, or the adapter does not answer as one; nothing has changed then.</exception>
    public async Task<ScannerStatus> Set(ScannerRequest request, Caller caller, CancellationToken cancel)
    {
        if (request.Check().ToList() is { Count: > 0 } wrong) throw new InvalidInputException(wrong);
        if ((request.RegistryUrl ?? RegistryAddress) is null)
            throw new InvalidInputException(new Diagnostic { Key = "registryUrl", Message = "it is not known how the adapter reaches this registry", Expected = "its address: https://registry.example.com" });
        var url = request.Url.TrimEnd('/');
        var before = _database.Read(ScannerRow.Find);
        var same = before is not null && before.Url == url && before.Way == request.Auth && before.Username == request.User;
        // A stored secret is only ever sent to the adapter, and in the way, that it was given for.
        var secret = request.Auth == ScannerAuth.None ? null : request.Secret is { } given ? _box.Seal(given, ScannerRow.Purpose(url)) : same ? before!.Secret : null;
        if (request.Auth != ScannerAuth.None && secret is null)
            throw new InvalidInputException(new Diagnostic { Key = "secret", Message = $"{request.Auth} needs a secret", Expected = "a password, token or key" });
        var row = new ScannerRow { Url = url, Auth = request.Auth.ToString(), Username = request.User, Secret = secret, RegistryUrl = request.RegistryUrl?.TrimEnd('/'), Rescan = request.RescanSeconds ?? ScannerRequest.UsualRescan };
        var metadata = await Ask(row, cancel);
        row = With(row, metadata);
        await _database.Write(
            connection =>
            {
                connection.Execute(
                    """
                    INSERT INTO registry_scanner (id, url, auth, username, secret, registry_url, rescan, name, vendor, version, consumes, produces, event, swept, created)
                    SELECT 1, @Url, @Auth, @Username, @Secret, @RegistryUrl, @Rescan, @Name, @Vendor, @Version, @Consumes, @Produces, coalesce(max(id), 0), '', @now FROM registry_events WHERE true
                    ON CONFLICT (id) DO UPDATE SET url = excluded.url, auth = excluded.auth, username = excluded.username, secret = excluded.secret,
                        registry_url = excluded.registry_url, rescan = excluded.rescan, name = excluded.name, vendor = excluded.vendor, version = excluded.version,
                        consumes = excluded.consumes, produces = excluded.produces, swept = ''
                    """,
                    new { row.Url, row.Auth, row.Username, row.Secret, row.RegistryUrl, row.Rescan, row.Name, row.Vendor, row.Version, row.Consumes, row.Produces, now = ScanQueue.Text(_time.GetUtcNow()) });
                ScanQueue.BeginAnew(connection, ScanQueue.Text(_time.GetUtcNow()), isOther: before is not null && before.Url != url);
                _events.Record(connection, caller, new RegistryEvent { Action = before is null ? "create" : "change", Target = "scanner", Detail = $"{row.Title} at {url}" });
            },
            cancel);
        _queue.Signal();
        return Status(row, metadata, null);
    }

    /// <summary>The adapter, asked just now how it does; null where none is set.</summary>
    public async Task<ScannerStatus?> Show(CancellationToken cancel)
    {
        if (_database.Read(ScannerRow.Find) is not { } row) return null;
        try
        {
            var metadata = await Ask(row, cancel);
            return Status(With(row, metadata), metadata, null);
        }
        catch (InvalidInputException away)
        {
            return Status(row, null, away.Diagnostics[0].Message);
        }
    }

    /// <summary>Scans no more. What waits is forgotten, reports stay. False where none is set.</summary>
    public Task<bool> Remove(Caller caller, CancellationToken cancel) => _database.Write(
        connection =>
        {
            if (ScannerRow.Find(connection) is not { } row) return false;
            connection.Execute("DELETE FROM registry_scanner");
            ScanQueue.Clear(connection);
            _events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "scanner", Detail = $"{row.Title} at {row.Url}" });
            return true;
        },
        cancel);

    /// <summary>Queues every tagged image, however old its report is. Returns how many.</summary>
    /// <exception cref="ConflictException">No scanner is set.</exception>
    public Task<int> RescanAll(Caller caller, CancellationToken cancel) => _queue.Sweep(_database.Read(ScannerRow.Find) ?? throw Missing(), all: true, caller.Name, cancel);

    internal static ConflictException Missing() => new("No scanner is set. An administrator sets one: slipway scanner set URL");

    internal string? RegistryAddress => (_options.PublicUrl ?? _options.Address?.Invoke())?.TrimEnd('/');

    async Task<AdapterMetadata> Ask(ScannerRow row, CancellationToken cancel)
    {
        try
        {
            using var adapter = row.Connect(_box, _options.Scanning);
            var metadata = await adapter.Metadata(cancel);
            var usable = Usable(metadata).ToList();
            if (usable.Count == 0)
                throw new AdapterException($"the adapter at {row.Url} scans no images for vulnerabilities: none of its capabilities consumes {string.Join(" or ", Scannable.ManifestTypes)}");
            if (AdapterTypes.Choose(usable.SelectMany(one => one.ProducesMimeTypes ?? [])) is null)
                throw new AdapterException($"the adapter at {row.Url} makes no report that is read here: expected {AdapterTypes.Report} or {AdapterTypes.ReportOld}");
            return metadata;
        }
        catch (Exception wrong) when (wrong is AdapterException or InvalidDataException)
        {
            throw new InvalidInputException(new Diagnostic { Key = "url", Message = wrong.Message });
        }
    }

    static IEnumerable<AdapterCapability> Usable(AdapterMetadata metadata) => metadata.Capabilities!.OfType<AdapterCapability>()
        .Where(one => one.Type is null or "" or "vulnerability" && one.ConsumesMimeTypes?.Any(Scannable.ManifestTypes.Contains) is true);

    static ScannerRow With(ScannerRow row, AdapterMetadata metadata)
    {
        var usable = Usable(metadata).ToList();
        return row with
        {
            Name = Short(metadata.Scanner!.Name, "scanner"),
            Vendor = Short(metadata.Scanner.Vendor, ""),
            Version = Short(metadata.Scanner.Version, ""),
            Consumes = string.Join('\n', usable.SelectMany(one => one.ConsumesMimeTypes!).Where(Scannable.ManifestTypes.Contains).Distinct()),
            Produces = string.Join('\n', usable.SelectMany(one => one.ProducesMimeTypes ?? []).Where(one => one is { Length: > 0 and < 200 } && !one.Any(char.IsControl)).Distinct().Take(20)),
        };
    }

    internal static string Short(string? text, string without) => string.IsNullOrWhiteSpace(text) ? without : new string([.. text.Trim().Where(c => !char.IsControl(c)).Take(100)]);

    ScannerStatus Status(ScannerRow row, AdapterMetadata? metadata, string? error)
    {
        var registry = row.RegistryUrl ?? RegistryAddress ?? "";
        var counts = _queue.Counts();
        return new ScannerStatus
        {
            Url = row.Url,
            Auth = row.Way,
            User = row.Username,
            RegistryUrl = registry,
            RescanSeconds = row.Rescan,
            Name = row.Name,
            Vendor = row.Vendor,
            Version = row.Version,
            Consumes = row.Consumed,
            Produces = row.Produced,
            DatabaseUpdated = metadata?.Properties is { ValueKind: JsonValueKind.Object } properties
                && properties.TryGetProperty("harbor.scanner-adapter/vulnerability-database-updated-at", out var updated) && updated.ValueKind == JsonValueKind.String ? Short(updated.GetString(), "") : null,
            Error = error,
            Warning = IsHere(registry) && !IsHere(row.Url) ? $"The adapter is told to pull from {registry}, which is this machine and not the adapter's: give the address by which it reaches the registry (registryUrl)." : null,
            Queued = counts.Queued,
            Running = counts.Running,
            Failed = counts.Failed,
        };
    }

    static bool IsHere(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && (parsed.IsLoopback || (IPAddress.TryParse(parsed.Host, out var address) && IPAddress.IsLoopback(address)));
}
