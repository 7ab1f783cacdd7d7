using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>
/// Pulls of manifests of private projects, for the audit log. A pull must not wait for a transaction: they are gathered and written down together every
/// second, and pulls of the same image by the same account from the same address within that time are one line with their number. What a kill takes
/// along is at most that second.
/// </summary>
sealed partial class PullAudit(Database.Database database, EventLog events, PublicProjects projects, TimeProvider time, ILogger<PullAudit> log) : BackgroundService
{
    const int MaxGathered = 50_000;
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    readonly Lock _lock = new();
    Dictionary<(Caller Caller, string Repository, string Digest, string? Tag), (string MediaType, long Size, int Count)> _gathered = [];
    long _lost;

    public void Pulled(Caller caller, RepositoryName repository, string reference, StoredManifest manifest)
    {
        if (projects.Contains(repository)) return;
        var key = (caller, repository.Value, manifest.Digest.Value, reference.Contains(':', StringComparison.Ordinal) ? null : reference);
        lock (_lock)
        {
            if (_gathered.TryGetValue(key, out var before)) _gathered[key] = before with { Count = before.Count + 1 };
            else if (_gathered.Count < MaxGathered) _gathered[key] = (manifest.MediaType, manifest.Content.Length, 1);
            else _lost++;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Write();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Write();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
    }

    async Task Write()
    {
        Dictionary<(Caller Caller, string Repository, string Digest, string? Tag), (string MediaType, long Size, int Count)> taken;
        long lost;
        lock (_lock)
        {
            if (_gathered.Count == 0) return;
            (taken, _gathered) = (_gathered, []);
            (lost, _lost) = (_lost, 0);
        }
        if (lost > 0) LogLost(lost);
        foreach (var some in taken.Chunk(500))
        {
            await database.Write(connection =>
            {
                foreach (var (key, pulled) in some)
                {
                    events.Record(connection, key.Caller, new RegistryEvent
                    {
                        Action = "pull",
                        Target = "manifest",
                        Repository = key.Repository,
                        Digest = key.Digest,
                        Tag = key.Tag,
                        MediaType = pulled.MediaType,
                        Size = pulled.Size,
                        Detail = pulled.Count == 1 ? null : pulled.Count.ToString(CultureInfo.InvariantCulture) + " times",
                    });
                }
            });
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Pulls could not be written into the audit log")]
    partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} pulls came faster than the audit log could take them, and are not in it")]
    partial void LogLost(long count);
}
