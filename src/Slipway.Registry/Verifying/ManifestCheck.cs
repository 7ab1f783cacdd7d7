using System.Security.Cryptography;
using Dapper;
using Slipway.Model;

namespace Slipway.Registry.Verifying;

/// <summary>Re-hashes manifests, and looks for what they refer to.</summary>
sealed class ManifestCheck(Database.Database database)
{
    const int Page = 50;

    /// <summary>What is wrong, page by page; each page tells how many manifests it looked at.</summary>
    public IEnumerable<(int Manifests, IReadOnlyList<VerifyFinding> Findings)> Run()
    {
        for (var after = 0L; ;)
        {
            var (last, count, findings) = database.Read(connection =>
            {
                var rows = connection.Query<Row>(
                    "SELECT id, repository_id, digest, content, partial FROM registry_manifests WHERE id > @after ORDER BY id LIMIT @limit", new { after, limit = Page }).AsList();
                var found = new List<VerifyFinding>();
                foreach (var row in rows)
                {
                    if (Hash(row) is var hash && hash != row.Digest)
                        found.Add(Finding("damaged", row, $"its bytes have the digest {hash}", Uses.OfManifest(connection, row.Id)));
                    // A blob that is withdrawn or missing in the store is named on its own; here it counts as there.
                    var missing = row.Partial != 0 ? [] : connection.Query<string>(
                        """
                        SELECT f.digest FROM registry_manifest_references f
                        WHERE f.manifest_id = @Id
                          AND NOT EXISTS (SELECT 1 FROM registry_blobs b JOIN registry_repository_blobs l ON l.blob_id = b.id
                                          WHERE b.digest = f.digest AND l.repository_id = f.repository_id)
                          AND NOT EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = f.repository_id AND m.digest = f.digest)
                        ORDER BY f.digest
                        """,
                        new { row.Id }).AsList();
                    // What a cache has not fetched yet is no damage.
                    if (missing.Count > 0 && row.Partial == 0)
                        found.Add(Finding("incomplete", row, $"the repository does not have {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? " ..." : "")}, to which it refers", Uses.OfManifest(connection, row.Id)));
                }
                return (rows.Count == 0 ? after : rows[^1].Id, rows.Count, found);
            });
            if (count == 0) yield break;
            yield return (count, findings);
            after = last;
        }
    }

    static string Hash(Row row) => Digest.Parse(row.Digest).Algorithm == "sha512"
        ? "sha512:" + Convert.ToHexStringLower(SHA512.HashData(row.Content)) : Digest.Sha256(row.Content).Value;

    static VerifyFinding Finding(string kind, Row row, string detail, IReadOnlyList<VerifyUse> uses) =>
        new() { Kind = kind, Target = "manifest", Digest = row.Digest, Detail = detail, Uses = uses };

    sealed record Row(long Id, long RepositoryId, string Digest, byte[] Content, long Partial);
}
