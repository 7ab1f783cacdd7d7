using System.Data.Common;
using Dapper;

namespace Slipway.Registry.Rules.Retention;

/// <summary>Bytes of the blobs to which nothing in the registry refers but the given manifests.</summary>
static class FreedBytes
{
    const int Page = 500;

    public static long Of(DbConnection connection, IReadOnlyCollection<long> manifests)
    {
        var references = new Dictionary<string, long>();
        foreach (var ids in manifests.Chunk(Page))
            foreach (var digest in connection.Query<string>("SELECT digest FROM registry_manifest_references WHERE manifest_id IN @ids", new { ids }))
                references[digest] = references.GetValueOrDefault(digest) + 1;
        var bytes = 0L;
        foreach (var digests in references.Keys.Chunk(Page))
        {
            var inAll = connection.Query<Count>(
                "SELECT digest, count(*) AS number FROM registry_manifest_references WHERE digest IN @digests GROUP BY digest", new { digests });
            var freed = inAll.Where(count => count.Number == references[count.Digest]).Select(count => count.Digest).ToList();
            if (freed.Count > 0)
                bytes += connection.ExecuteScalar<long>("SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM registry_blobs WHERE digest IN @freed", new { freed });
        }
        return bytes;
    }

    sealed record Count
    {
        public string Digest { get; init; } = "";

        public long Number { get; init; }
    }
}
