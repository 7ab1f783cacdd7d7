using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;

namespace Slipway.Registry.Verifying;

/// <summary>
/// Re-hashes all blobs in the background, slowly, one server at a time; how far it has come survives a restart. What is damaged is withdrawn at once:
/// a client that asks for it is better served by "not there", because then the next push brings it back.
/// </summary>
sealed partial class Scrub(BlobCheck blobs, UpkeepClaims claims, RegistryOptions options, TimeProvider time, ILogger<Scrub> log) : BackgroundService
{
    const string Upkeep = "scrub";
    const int Page = 20;

    static readonly TimeSpan Look = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Scrub.BytesPerSecond <= 0) return;
        // Off the start-up path.
        await Task.Yield();
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (IsDue()) await Pass(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(error);
            }
        }
    }

    /// <summary>Goes on where the last pass broke off, to the end.</summary>
    internal async Task Pass(CancellationToken cancel)
    {
        await using var claim = await claims.TryClaim(Upkeep);
        if (claim is null) return;
        var after = long.TryParse(claims.Find(Upkeep)?.Position, CultureInfo.InvariantCulture, out var position) ? position : 0;
        var pace = new Pace(options.Scrub.BytesPerSecond, time, claim.Renew, cancel);
        for (var page = blobs.After(after, Page); page.Count > 0; page = blobs.After(after, Page))
        {
            foreach (var blob in page)
            {
                await One(blob, pace, cancel);
                after = blob.Id;
            }
            await claim.NotePosition(after.ToString(CultureInfo.InvariantCulture));
        }
        await claim.End(null);
    }

    async Task One(CheckedBlob blob, Pace pace, CancellationToken cancel)
    {
        var fault = await blobs.Check(blob, pace.Spend, cancel);
        if (fault is null)
        {
            if (blob.Damaged is not null && await blobs.Restore(blob, Caller.Server)) LogRestored(blob.Digest);
        }
        else if (fault.Kind == "unreadable") LogUnreadable(blob.Digest, fault.Detail);
        else if (await blobs.Withdraw(blob, fault, Caller.Server)) LogWithdrawn(blob.Digest, fault.Kind, fault.Detail);
    }

    bool IsDue() => claims.Find(Upkeep) is not { Ended: { } ended, Position: null }
        || time.GetUtcNow() - DateTimeOffset.Parse(ended, CultureInfo.InvariantCulture) >= options.Scrub.Interval;

    [LoggerMessage(Level = LogLevel.Error, Message = "Blob {Digest} is {Kind}: {Detail}. It is not served any more; pushing an image that has it brings it back. Who refers to it: slipway registry verify")]
    partial void LogWithdrawn(string digest, string kind, string detail);

    [LoggerMessage(Level = LogLevel.Information, Message = "Blob {Digest} is whole again, and served")]
    partial void LogRestored(string digest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Blob {Digest}: {Detail}")]
    partial void LogUnreadable(string digest, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scrub broke off; it goes on later")]
    partial void LogFailed(Exception error);
}
