namespace Slipway.Database.Tests;

/// <summary>A database file in a folder of its own, removed at the end.</summary>
sealed class DatabaseFile : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-database-").FullName;

    public string Path => System.IO.Path.Combine(_folder, "slipway.db");

    public Database Open() => Database.Open(Path, MigrationSet.FromScripts("test", [("0001_test", "CREATE TABLE entries (name TEXT PRIMARY KEY, number INTEGER NOT NULL)")]));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
