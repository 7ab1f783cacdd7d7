using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Scanning.Adapters;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Scanning;

/// <summary>
/// Carries out one scan that was claimed:
/// <code>
/// POST scan ── 202 id, noted ──► GET report ── 302 ──► wait, again ... until the time is up
///     │                             ├── 200 ──► report checked and stored whole, state done
///     └── error ──► queued again, 10 s, 40 s, 160 s ... and after the last try failed ◄── error
/// </code>
/// It may be killed anywhere: the next server asks for the report by the noted identifier, or begins again.
/// </summary>
sealed partial class ScanRun(
    Database.Database database, ScanQueue queue, Scanner scanners, SecretBox box, RegistryOptions options, ScanMetrics metrics, TimeProvider time, ILogger<ScanRun> log, Tokens? tokens = null)
{
    /// <summary>Polls one after the other that find nobody: an adapter that starts anew is waited for.</summary>
    const int MaxAway = 5;

    /// <summary>Longer waits that an adapter asks for are not believed.</summary>
    static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    readonly ScanOptions _options = options.Scanning;

    /// <param name="cancel">The server ends: the scan is given back.</param>
    public async Task Run(ScanJob job, CancellationToken cancel)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var renewing = Renew(job, lost);
        var began = Stopwatch.GetTimestamp();
        try
        {
            if (job.Attempts > _options.Tries) throw new AdapterException("the server ended during each try", isFinal: true);
            var (scanner, findings) = await Scan(job, lost.Token);
            if (!await queue.Finish(job, scanner, findings, CancellationToken.None)) return;
            metrics.Ended("done", Stopwatch.GetElapsedTime(began));
            LogScanned(job.Repository, job.Digest, findings.Count);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await queue.Release(job);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            // Somebody else has it, or the image is gone.
        }
        catch (Exception error) when (error is AdapterException or InvalidDataException)
        {
            await End(job, error, began);
        }
        catch (Exception bug)
        {
            LogBug(bug, job.Repository, job.Digest);
            await End(job, new AdapterException("something went wrong in Slipway itself; the server's log says what"), began);
        }
        finally
        {
            await lost.CancelAsync();
            await renewing;
        }
    }

    async Task<(string Scanner, List<Finding> Findings)> Scan(ScanJob job, CancellationToken cancel)
    {
        var scanner = database.Read(ScannerRow.Find) ?? throw new AdapterException("the scanner was removed", isFinal: true);
        var type = AdapterTypes.Choose(scanner.Produced) ?? throw new AdapterException($"the scanner makes no report of type {AdapterTypes.Report}", isFinal: true);
        using var adapter = scanner.Connect(box, _options);
        AdapterReport report;
        try
        {
            report = await Report(job, adapter, job.Request ?? await Submit(adapter, scanner, job, type, cancel), job.Request is null ? null : job.Submitted, type, cancel);
        }
        catch (AdapterException forgotten) when (forgotten.IsUnknownScan && job.Request is not null)
        {
            // It was taken before a restart, and the adapter has forgotten it since.
            report = await Report(job, adapter, await Submit(adapter, scanner, job, type, cancel), null, type, cancel);
        }
        var findings = ReportReader.Read(report, Digest.Parse(job.Digest));
        var title = report.Scanner is { Name: not null } by ? $"{Scanner.Short(by.Name, scanner.Name)} {Scanner.Short(by.Version, "")}".Trim() : scanner.Title;
        return (title, findings);
    }

    async Task<string> Submit(AdapterClient adapter, ScannerRow scanner, ScanJob job, string type, CancellationToken cancel)
    {
        var registry = scanner.RegistryUrl ?? scanners.RegistryAddress ?? throw new AdapterException("it is not known how the adapter reaches this registry: set registryUrl", isFinal: true);
        var id = await adapter.Submit(
            new AdapterScanRequest(new AdapterRegistry(registry, Authorization(job)), new AdapterArtifact { Repository = job.Repository, Digest = job.Digest, MimeType = job.MediaType })
            {
                EnabledCapabilities = type == AdapterTypes.ReportOld ? null : [new AdapterEnabled("vulnerability", [type])],
            },
            cancel);
        return await queue.NoteRequest(job, id) ? id : throw new OperationCanceledException("the claim was lost");
    }

    /// <summary>For pulling from this one repository, and for nothing after the scan has ended (see <see cref="Authenticator"/>).</summary>
    string? Authorization(ScanJob job) => tokens is null ? null
        : "Bearer " + tokens.Issue(Identity.ScannerName, job.Id, [new Access("repository", job.Repository, ["pull"])], _options.Timeout);

    async Task<AdapterReport> Report(ScanJob job, AdapterClient adapter, string id, string? submitted, string type, CancellationToken cancel)
    {
        var end = (submitted is null ? time.GetUtcNow() : DateTimeOffset.Parse(submitted, CultureInfo.InvariantCulture)) + _options.Timeout;
        var (wait, away) = (_options.FirstPoll, 0);
        AdapterException? last = null;
        while (true)
        {
            await Task.Delay(wait, time, cancel);
            TimeSpan? asked = null;
            try
            {
                (var report, asked) = await adapter.Report(id, type, cancel);
                if (report is not null) return report;
                (away, last) = (0, null);
            }
            catch (AdapterException nobody) when (nobody.IsAway && ++away < MaxAway)
            {
                // Its scan may be going on all the same.
                last = nobody;
            }
            // Once more at most: a scan that never ends must not keep others waiting for hours.
            if (time.GetUtcNow() >= end) throw new AdapterException($"the adapter had no report within {_options.Timeout:g}{(last is null ? "" : ": " + last.Message)}", isFinal: job.Attempts > 1, last);
            wait = wait + wait < _options.LongestPoll ? wait + wait : _options.LongestPoll;
            if (asked is { } later && later > TimeSpan.Zero) wait = later < LongestAsked ? later : LongestAsked;
        }
    }

    async Task End(ScanJob job, Exception error, long began)
    {
        if (error is not AdapterException { IsFinal: true } && job.Attempts < _options.Tries)
        {
            var wait = _options.FirstWait * Math.Pow(4, Math.Min(job.Attempts - 1, 20));
            if (await queue.Postpone(job, error.Message, wait < _options.LongestWait ? wait : _options.LongestWait)) LogAgain(job.Repository, job.Digest, error.Message);
            metrics.Ended("retried", null);
            return;
        }
        if (!await queue.Fail(job, error.Message)) return;
        metrics.Ended("failed", Stopwatch.GetElapsedTime(began));
        LogFailed(job.Repository, job.Digest, error.Message);
    }

    async Task Renew(ScanJob job, CancellationTokenSource lost)
    {
        try
        {
            using var timer = new PeriodicTimer(_options.Claim / 4, time);
            while (await timer.WaitForNextTickAsync(lost.Token))
                if (!await queue.Renew(job)) await lost.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The scan has ended.
        }
        catch (Exception away)
        {
            // The database is away: the claim runs out, and what is done meanwhile is not stored.
            LogBug(away, job.Repository, job.Digest);
            await lost.CancelAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Scanned {Repository}@{Digest}: {Count} findings")]
    partial void LogScanned(string repository, string digest, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scan of {Repository}@{Digest} is tried again: {Reason}")]
    partial void LogAgain(string repository, string digest, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scan of {Repository}@{Digest} failed: {Reason}")]
    partial void LogFailed(string repository, string digest, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan of {Repository}@{Digest} was interrupted")]
    partial void LogBug(Exception error, string repository, string digest);
}
