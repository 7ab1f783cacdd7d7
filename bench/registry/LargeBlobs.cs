using System.Diagnostics;

namespace Slipway.Bench.Registry;

/// <summary>Large blobs: pushed whole and in chunks, pulled by one and by eight streams, in MiB/s.</summary>
static class LargeBlobs
{
    const int Streams = 8, Chunk = 16 << 20;
    static long s_number;

    public static async Task Measure(Peer[] peers, Settings settings, Table table)
    {
        var content = Bytes.Random(settings.BlobMebiBytes << 20, 1);
        var size = settings.BlobMebiBytes;
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var peer in peers)
            {
                var digest = Bytes.Digest(Bytes.Mark(content, s_number++));
                table.Set($"push {size} MiB, POST + PUT", "MiB/s", peer, size / await Time(() => peer.Push("bench/large", content, digest)));
                await peer.PutManifest("bench/large", "whole", Peer.Image(digest, content.Length));

                table.Set($"pull {size} MiB, 1 stream", "MiB/s", peer, size / await Time(() => Pull(peer, digest)));
                table.Set($"pull {size} MiB, {Streams} streams", "MiB/s", peer, size * Streams / await Time(() => Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Pull(peer, digest)))));
                await Delete(peer, "bench/large", "whole", digest);

                var other = Bytes.Digest(Bytes.Mark(content, s_number++));
                table.Set($"push {size} MiB in chunks of 16 MiB", "MiB/s", peer, size / await Time(() => peer.Push("bench/chunks", content, other, Chunk)));
                await Delete(peer, "bench/chunks", null, other);
            }
        }
        await PushInParallel(peers, settings, table, size);
    }

    static async Task PushInParallel(Peer[] peers, Settings settings, Table table, int size)
    {
        var part = size / Streams;
        var contents = Enumerable.Range(0, Streams).Select(seed => Bytes.Random(part << 20, seed)).ToList();
        for (var round = 0; round < settings.Rounds; round++)
        {
            foreach (var peer in peers)
            {
                var digests = contents.Select(content => Bytes.Digest(Bytes.Mark(content, s_number++))).ToList();
                var seconds = await Time(() => Task.WhenAll(contents.Zip(digests).Select(pair => peer.Push("bench/parallel", pair.First, pair.Second))));
                table.Set($"push {Streams} x {part} MiB at once", "MiB/s", peer, part * Streams / seconds);
                foreach (var digest in digests) await Delete(peer, "bench/parallel", null, digest);
            }
        }
    }

    static async Task Pull(Peer peer, string digest)
    {
        using var answer = await peer.Http.GetAsync($"/v2/bench/large/blobs/{digest}", HttpCompletionOption.ResponseHeadersRead);
        Peer.Expect(answer, System.Net.HttpStatusCode.OK);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[1 << 20];
        while (await body.ReadAsync(buffer) > 0)
        {
        }
    }

    static async Task Delete(Peer peer, string repository, string? tag, string digest)
    {
        if (tag is not null) (await peer.Http.DeleteAsync($"/v2/{repository}/manifests/{tag}")).Dispose();
        (await peer.Http.DeleteAsync($"/v2/{repository}/blobs/{digest}")).Dispose();
    }

    static async Task<double> Time(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }
}
