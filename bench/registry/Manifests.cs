using System.Diagnostics;
using System.Globalization;

namespace Slipway.Bench.Registry;

/// <summary>Manifests by tag and by digest at 32 connections, and tags that are pushed one after another.</summary>
static class Manifests
{
    public static async Task Measure(Peer[] peers, Settings settings, Table table)
    {
        var manifests = new Dictionary<string, (byte[] Content, string Digest)>();
        foreach (var peer in peers)
        {
            var blob = Bytes.Random(4096, 7);
            await peer.Push("bench/manifests", blob);
            var manifest = Peer.Image(Bytes.Digest(blob), blob.Length);
            await peer.PutManifest("bench/manifests", "latest", manifest);
            manifests[peer.Name] = (manifest, Bytes.Digest(manifest));
        }
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var peer in peers)
            {
                var byTag = await Wrk.Run(peer, settings.Seconds, "/v2/bench/manifests/manifests/latest");
                table.Set("manifest by tag, 32 connections", "req/s", peer, byTag.PerSecond);
                table.Set("manifest by tag, p99", "ms", peer, byTag.P99, lessIsBetter: true);
                var byDigest = await Wrk.Run(peer, settings.Seconds, $"/v2/bench/manifests/manifests/{manifests[peer.Name].Digest}");
                table.Set("manifest by digest, 32 connections", "req/s", peer, byDigest.PerSecond);
                table.Set("manifest by digest, p99", "ms", peer, byDigest.P99, lessIsBetter: true);

                var (clock, count) = (Stopwatch.StartNew(), 0);
                for (; clock.Elapsed.TotalSeconds < settings.Seconds; count++)
                    await peer.PutManifest("bench/manifests", string.Create(CultureInfo.InvariantCulture, $"r{round}n{count}"), manifests[peer.Name].Content);
                table.Set("tags pushed, 1 connection", "tags/s", peer, count / clock.Elapsed.TotalSeconds);
            }
        }
    }
}
