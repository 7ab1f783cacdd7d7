using Slipway.Contracts;

namespace Slipway.Database.Tests;

/// <summary>Where a test's database is: a file in a folder of its own, or a database of the PostgreSQL that all share. Removed at the end.</summary>
abstract class DatabasePlace : IDisposable
{
    static readonly MigrationSet Entries = MigrationSet.FromScripts("test", [("0001_test", "CREATE TABLE entries (name TEXT PRIMARY KEY, number INTEGER NOT NULL)")]);

    public abstract DatabaseAddress Address { get; }

    public Database Open(params MigrationSet[] migrations) => Database.Open(Address, migrations is [] ? [Entries] : migrations);

    /// <summary>Of servers that are given up after a second of silence.</summary>
    public Database OpenImpatient() => Database.Open(Address, TimeSpan.FromSeconds(1), [Entries]);

    public abstract void Dispose();

    public sealed class InFolder : DatabasePlace
    {
        readonly string _folder = Directory.CreateTempSubdirectory("slipway-database-").FullName;

        public override DatabaseAddress Address => DatabaseAddress.File(Path.Combine(_folder, "slipway.db"));

        public override void Dispose() => Directory.Delete(_folder, recursive: true);
    }

    public sealed class InPostgres : DatabasePlace
    {
        readonly string _text = PostgresServer.Shared.CreateDatabase();

        public override DatabaseAddress Address => DatabaseAddress.Parse(_text);

        public override void Dispose() => PostgresServer.Shared.DropDatabase(_text);
    }
}
