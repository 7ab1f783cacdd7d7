using System.Text.Json.Nodes;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>Pages of tags against a sorted set in memory: any n, any last, also one that is no tag.</summary>
public sealed class PagingProperties
{
    [Fact]
    public async Task Tags_AnyPage_IsThatPartOfTheSortedSet()
    {
        await using var host = await RegistryHost.Start();
        const int Seed = 20261126;
        var random = new Random(Seed);
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        while (tags.Count < 60) tags.Add(Word(random, first: true) + Word(random, first: false));
        var manifest = await host.Client.ImageManifest("a/b");
        var digest = Client.Sha256(System.Text.Encoding.UTF8.GetBytes(manifest));
        (await host.Client.PutManifest("a/b", $"{digest}?{string.Join('&', tags.Select(tag => "tag=" + tag))}", manifest)).IsSuccessStatusCode.ShouldBeTrue();

        for (var i = 0; i < 300; i++)
        {
            var n = random.Next(4) == 0 ? null : (int?)random.Next(70);
            var last = random.Next(3) switch { 0 => "", 1 => tags.ElementAt(random.Next(tags.Count)), _ => Word(random, first: true) };
            var query = string.Join('&', new[] { n is null ? null : $"n={n}", last.Length == 0 ? null : $"last={last}" }.Where(part => part is not null));
            var response = await host.Client.GetAsync($"/v2/a/b/tags/list?{query}");
            var rest = tags.Where(tag => string.CompareOrdinal(tag, last) > 0).ToList();
            var page = rest.Take(n ?? 1000).ToList();
            JsonNode.Parse(await response.Text())!["tags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(page, $"seed {Seed}: {query}");
            response.Header("Link").ShouldBe(n > 0 && rest.Count > n ? $"</v2/a/b/tags/list?n={n}&last={page[^1]}>; rel=\"next\"" : null, $"seed {Seed}: {query}");
        }
    }

    static string Word(Random random, bool first)
    {
        var letters = first ? "aAzZ0_" : "aAzZ0_.-";
        return string.Concat(Enumerable.Range(0, 1 + random.Next(3)).Select(i => i == 0 ? letters[random.Next(letters.Length)] : "aAzZ0_.-"[random.Next(8)]));
    }
}
