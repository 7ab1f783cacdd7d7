using System.Diagnostics;

namespace Slipway.Bench.Registry;

/// <summary>Garbage collection of very many blobs that nothing refers to. Ours goes on serving meanwhile; the other must not get pushes while it runs.</summary>
static class Collection
{
    public static async Task Measure(Peer[] peers, Settings settings, Table table)
    {
        foreach (var peer in peers)
        {
            await peer.HaveBlobs("bench/garbage", settings.GcBlobs);
            await peer.Settle();
            var clock = Stopwatch.StartNew();
            var gone = await peer.Collect();
            table.Set($"garbage collection, {settings.GcBlobs:N0} blobs", "s", peer, clock.Elapsed.TotalSeconds, lessIsBetter: true);
            if (gone < settings.GcBlobs) throw new InvalidOperationException($"{peer.Name} collected {gone} of {settings.GcBlobs} blobs");
        }
    }
}
