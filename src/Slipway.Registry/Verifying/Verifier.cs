using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.Verifying;

/// <summary>
/// Re-reads and re-hashes every blob and every manifest, and names what is damaged or missing and who refers to it. Pushes, pulls and collections go
/// on beside it: what comes or goes meanwhile is not told. Thread-safe.
/// </summary>
public sealed class Verifier
{
    const int Page = 500;

    /// <summary>Bytes between two lines of progress.</summary>
    const long ProgressEvery = 256L << 20;

    readonly Database.Database _database;
    readonly BlobCheck _blobs;
    readonly ManifestCheck _manifests;
    readonly TimeProvider _time;

    internal Verifier(Database.Database database, BlobCheck blobs, ManifestCheck manifests, TimeProvider time) =>
        (_database, _blobs, _manifests, _time) = (database, blobs, manifests, time);

    /// <summary>Progress and findings as they come, and at the end the report.</summary>
    /// <param name="withdraw">
    /// Blobs that are damaged or missing are not served any more, so that the next push of an image brings them back; and those that had been withdrawn
    /// and are whole are served again. Without it, nothing is changed.
    /// </param>
    /// <param name="parallel">Blobs that are read at the same time.</param>
    public async IAsyncEnumerable<VerifyLine> Verify(bool withdraw, int parallel, Caller caller, [EnumeratorCancellation] CancellationToken cancel)
    {
        var report = new VerifyReport { Started = _time.GetUtcNow() };
        foreach (var (count, findings) in _manifests.Run())
        {
            cancel.ThrowIfCancellationRequested();
            report = report with { Manifests = report.Manifests + count };
            foreach (var finding in findings)
            {
                report = Count(report, finding);
                yield return new VerifyLine { Finding = finding };
            }
        }
        // Bounded, so that whoever reads slowly slows the reading.
        var lines = Channel.CreateBounded<VerifyLine>(64);
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var run = new BlobRun(this, withdraw, caller, lines.Writer, abandoned.Token);
        var running = Task.Run(() => run.All(parallel), CancellationToken.None);
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancel))
            {
                if (line.Finding is { } finding) report = Count(report, finding);
                yield return line;
            }
        }
        finally
        {
            await abandoned.CancelAsync();
            await running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        await running;
        yield return new VerifyLine { Report = report with { Blobs = run.Blobs, Bytes = run.Bytes, Restored = run.Restored, Ended = _time.GetUtcNow() } };
    }

    static VerifyReport Count(VerifyReport report, VerifyFinding finding)
    {
        if (finding.Withdrawn) report = report with { Withdrawn = report.Withdrawn + 1 };
        return finding.Kind switch
        {
            "missing" => report with { Missing = report.Missing + 1 },
            "damaged" => report with { Damaged = report.Damaged + 1 },
            "unreadable" => report with { Unreadable = report.Unreadable + 1 },
            _ => report with { Incomplete = report.Incomplete + 1 },
        };
    }

    /// <summary>The blobs' part of one verification.</summary>
    sealed class BlobRun(Verifier verifier, bool withdraw, Caller caller, ChannelWriter<VerifyLine> lines, CancellationToken cancel)
    {
        long _blobs;
        long _bytes;
        long _restored;
        long _told;

        public long Blobs => _blobs;

        public long Bytes => _bytes;

        public long Restored => _restored;

        public async Task All(int parallel)
        {
            try
            {
                var (allBlobs, allBytes) = verifier._database.Read(connection => connection.QuerySingle<(long, long)>(
                    "SELECT count(*) AS blobs, CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes FROM registry_blobs"));
                var settings = new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(parallel, 1, 64), CancellationToken = cancel };
                for (var page = verifier._blobs.After(0, Page); page.Count > 0; page = verifier._blobs.After(page[^1].Id, Page))
                    await Parallel.ForEachAsync(page, settings, async (blob, token) =>
                    {
                        await One(blob, token);
                        Interlocked.Increment(ref _blobs);
                        if (TimeToTell()) await lines.WriteAsync(new VerifyLine { Progress = new VerifyProgress(_blobs, allBlobs, _bytes, allBytes) }, token);
                    });
                lines.Complete();
            }
            catch (Exception error)
            {
                lines.Complete(error);
            }
        }

        async Task One(CheckedBlob blob, CancellationToken token)
        {
            var fault = await verifier._blobs.Check(blob, Read, token);
            if (fault is null)
            {
                if (withdraw && blob.Damaged is not null && await verifier._blobs.Restore(blob, caller)) Interlocked.Increment(ref _restored);
                return;
            }
            // What can't be read now may be read later: the store may only be away.
            var withdrawn = withdraw && fault.Kind is not "unreadable" && await verifier._blobs.Withdraw(blob, fault, caller);
            var (uses, more) = verifier._database.Read(connection => Uses.OfBlob(connection, blob.Digest));
            await lines.WriteAsync(
                new VerifyLine
                {
                    Finding = new VerifyFinding { Kind = fault.Kind, Target = "blob", Digest = blob.Digest, Detail = fault.Detail, Withdrawn = withdrawn, Uses = uses, MoreUses = more },
                },
                token);
        }

        ValueTask Read(int bytes)
        {
            Interlocked.Add(ref _bytes, bytes);
            return ValueTask.CompletedTask;
        }

        bool TimeToTell()
        {
            var told = Volatile.Read(ref _told);
            var next = _bytes / ProgressEvery + _blobs / Page;
            return next > told && Interlocked.CompareExchange(ref _told, next, told) == told;
        }
    }
}
