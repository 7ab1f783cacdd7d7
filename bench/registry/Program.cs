using System.Globalization;
using Slipway.Bench.Registry;

// The registry beside Debian's docker-registry (CNCF distribution), in one run, on the same disk, with the same bytes. Rounds alternate between the two, so
// that a machine whose speed drifts is the same machine for both; medians and ratios are printed.
var settings = Settings.FromEnvironment();
var work = Directory.CreateTempSubdirectory("slipway-bench-registry-").FullName;
try
{
    await using Peer ours = await SlipwayPeer.Start(work, settings), theirs = await DockerRegistryPeer.Start(work);
    Peer[] peers = [ours, theirs];
    var table = new Table(peers);
    await Warm(peers);

    if (settings.Wants("blobs")) await LargeBlobs.Measure(peers, settings, table);
    if (settings.Wants("small")) await SmallBlobs.Measure(peers, settings, table, work);
    if (settings.Wants("manifests")) await Manifests.Measure(peers, settings, table);
    if (settings.Wants("tags")) await Listing.Tags(peers, settings, table);
    if (settings.Wants("catalog")) await Listing.Catalog(peers, settings, table);
    foreach (var peer in peers) table.Set("peak memory, everything above", "MiB", peer, peer.PeakMemory(), lessIsBetter: true);
    if (settings.Wants("gc")) await Collection.Measure(peers, settings, table);
    table.Write();
}
finally
{
    Directory.Delete(work, recursive: true);
}
return 0;

static async Task Warm(IEnumerable<Peer> peers)
{
    foreach (var peer in peers)
    {
        for (var i = 0; i < 200; i++)
        {
            var blob = Bytes.Random(4096, 1_000_000 + i);
            await peer.Push("warm/up", blob);
            await peer.PutManifest("warm/up", string.Create(CultureInfo.InvariantCulture, $"w{i}"), Peer.Image(Bytes.Digest(blob), blob.Length));
        }
    }
}
