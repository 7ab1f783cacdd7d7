using System.Globalization;

namespace Slipway.Bench.Registry;

/// <summary>From the environment, all optional: ROUNDS (3), BLOB_MIB (256), SMALL (10000), SECONDS_EACH (5), TAGS (50000), REPOSITORIES (20000), GC_BLOBS (100000), ONLY (names, by comma).</summary>
sealed record Settings(int Rounds, int BlobMebiBytes, int Small, int Seconds, int Tags, int Repositories, int GcBlobs, IReadOnlyList<string> Only, string Executable)
{
    public static Settings FromEnvironment() => new(
        Number("ROUNDS", 3), Number("BLOB_MIB", 256), Number("SMALL", 10_000), Number("SECONDS_EACH", 5), Number("TAGS", 50_000), Number("REPOSITORIES", 20_000),
        Number("GC_BLOBS", 100_000), (Environment.GetEnvironmentVariable("ONLY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries),
        Environment.GetEnvironmentVariable("SLIPWAY") ?? throw new InvalidOperationException("SLIPWAY must name the executable: run bench/registry.sh"));

    public bool Wants(string name) => Only.Count == 0 || Only.Contains(name);

    static int Number(string name, int usual) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : usual;
}
