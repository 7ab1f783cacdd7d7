using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>How much there is in each of the registry's tables and in its folder: refused input changes none of it.</summary>
sealed record Stored(string Rows, int Files)
{
    static readonly string[] Tables =
        ["repositories", "blobs", "repository_blobs", "manifests", "manifest_references", "tags", "uploads", "events"];

    public static Stored In(RegistryHost host)
    {
        var database = host.Services.GetRequiredService<Database.Database>();
        var rows = database.Read(connection => Tables.Select(table => $"{table} {connection.ExecuteScalar<long>($"SELECT count(*) FROM registry_{table}")}").ToList());
        return new Stored(string.Join(", ", rows), Directory.EnumerateFiles(host.BlobFolder, "*", SearchOption.AllDirectories).Count());
    }
}
