using System.Data.Common;
using Dapper;
using Slipway.Registry.Names;

namespace Slipway.Registry.Storage;

/// <summary>A repository's row; it comes with the first thing that is pushed.</summary>
static class RepositoryRow
{
    public static long? Find(DbConnection connection, RepositoryName repository) =>
        connection.ExecuteScalar<long?>("SELECT id FROM registry_repositories WHERE name = @name", new { name = repository.Value });

    /// <summary>Only inside a write.</summary>
    public static long Ensure(DbConnection connection, RepositoryName repository) => Find(connection, repository)
        ?? connection.ExecuteScalar<long>("INSERT INTO registry_repositories (name) VALUES (@name) RETURNING id", new { name = repository.Value });
}
