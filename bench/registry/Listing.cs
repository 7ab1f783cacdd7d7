using System.Diagnostics;
using System.Text;

namespace Slipway.Bench.Registry;

/// <summary>Long lists: a repository with very many tags, a registry with very many repositories. Median of 20 requests, ms.</summary>
static class Listing
{
    static readonly byte[] s_index = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Peer.OciIndex}}","manifests":[]}""");

    public static async Task Tags(Peer[] peers, Settings settings, Table table)
    {
        foreach (var peer in peers)
        {
            await peer.HaveTags("bench/tags", Bytes.Digest(s_index), s_index, settings.Tags);
            table.Set($"list 1,000 of {settings.Tags:N0} tags, the first", "ms", peer, await Median(peer, "/v2/bench/tags/tags/list?n=1000"), lessIsBetter: true);
            table.Set($"list 1,000 of {settings.Tags:N0} tags, from the middle", "ms", peer, await Median(peer, $"/v2/bench/tags/tags/list?n=1000&last=t{settings.Tags / 2:D6}"), lessIsBetter: true);
        }
    }

    public static async Task Catalog(Peer[] peers, Settings settings, Table table)
    {
        foreach (var peer in peers)
        {
            await peer.HaveRepositories(Bytes.Digest(s_index), s_index, settings.Repositories);
            table.Set($"catalog, 1,000 of {settings.Repositories:N0}, the first", "ms", peer, await Median(peer, "/v2/_catalog?n=1000"), lessIsBetter: true);
            table.Set($"catalog, 1,000 of {settings.Repositories:N0}, from the middle", "ms", peer, await Median(peer, $"/v2/_catalog?n=1000&last=catalog/r{settings.Repositories / 2:D6}"), lessIsBetter: true);
        }
    }

    static async Task<double> Median(Peer peer, string path)
    {
        var times = new List<double>();
        for (var i = 0; i < 21; i++)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await peer.Http.GetAsync(path);
            Peer.Expect(answer, System.Net.HttpStatusCode.OK);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }
        return times.Skip(1).Order().ElementAt(10);
    }
}
