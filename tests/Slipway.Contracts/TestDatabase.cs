using Slipway.Database;

namespace Slipway.Contracts;

/// <summary>
/// A database for one test: a file in the folder that is given, or, where the environment says SLIPWAY_TEST_DATABASE=postgres, a new one in the
/// PostgreSQL that all tests share. So the same tests run over both.
/// </summary>
public sealed class TestDatabase : IDisposable
{
    readonly string? _created;

    TestDatabase(DatabaseAddress address, string? created) => (Address, _created) = (address, created);

    public DatabaseAddress Address { get; }

    public static bool IsPostgres { get; } = Environment.GetEnvironmentVariable("SLIPWAY_TEST_DATABASE") == "postgres";

    /// <param name="folder">Where a file would be.</param>
    public static TestDatabase In(string folder) => IsPostgres ? InPostgres() : new(DatabaseAddress.File(Path.Combine(folder, "slipway.db")), null);

    /// <summary>In PostgreSQL, whatever the environment says.</summary>
    public static TestDatabase InPostgres()
    {
        var created = PostgresServer.Shared.CreateDatabase();
        return new(DatabaseAddress.Parse(created), created);
    }

    public void Dispose()
    {
        if (_created is not null) PostgresServer.Shared.DropDatabase(_created);
    }
}
