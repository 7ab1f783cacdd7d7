using System.Diagnostics;

namespace Slipway.Bench.Registry;

/// <summary>Many small blobs: 10 KiB each pushed over eight connections, and pulled over 32.</summary>
static class SmallBlobs
{
    const int Size = 10 << 10, Connections = 8;

    public static async Task Measure(Peer[] peers, Settings settings, Table table, string work)
    {
        foreach (var peer in peers)
        {
            var clock = Stopwatch.StartNew();
            var digests = new string[settings.Small];
            await Parallel.ForEachAsync(Enumerable.Range(0, settings.Small), new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (number, _) =>
            {
                var content = Bytes.Random(Size, number);
                digests[number] = Bytes.Digest(content);
                await peer.Push("bench/small", content, digests[number]);
            });
            table.Set($"push {settings.Small:N0} x 10 KiB, {Connections} connections", "blobs/s", peer, settings.Small / clock.Elapsed.TotalSeconds);
            var paths = Path.Combine(work, $"{peer.Name}.paths");
            await File.WriteAllLinesAsync(paths, digests.Select(digest => $"/v2/bench/small/blobs/{digest}"));
        }
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var peer in peers)
            {
                var result = await Wrk.Run(peer, settings.Seconds, pathsFile: Path.Combine(work, $"{peer.Name}.paths"));
                table.Set("pull 10 KiB blobs, 32 connections", "req/s", peer, result.PerSecond);
                table.Set("pull 10 KiB blobs, p99", "ms", peer, result.P99, lessIsBetter: true);
            }
        }
    }
}
