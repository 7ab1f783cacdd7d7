using Dapper;

namespace Slipway.Database.Tests;

public sealed class SqliteDatabaseTests : DatabaseContract
{
    private protected override DatabasePlace Place { get; } = new DatabasePlace.InFolder();

    [Fact]
    public async Task Open_Writer_IsDurable()
    {
        await using var database = Place.Open();

        // 2 is FULL: a commit is on disk before it is acknowledged (sqlite.org/pragma.html#pragma_synchronous).
        var (journal, synchronous, foreignKeys) = await database.Write(connection => (
            connection.ExecuteScalar<string>("PRAGMA journal_mode"),
            connection.ExecuteScalar<int>("PRAGMA synchronous"),
            connection.ExecuteScalar<int>("PRAGMA foreign_keys")));

        (journal, synchronous, foreignKeys).ShouldBe(("wal", 2, 1));
        (database.Name, database.IsShared).ShouldBe((Place.Address.Path!, false));
    }

    [Fact]
    public async Task Open_NativeLibrary_IsOurs()
    {
        await using var database = Place.Open();
        Version.Parse(database.Read(connection => connection.ExecuteScalar<string>("SELECT sqlite_version()"))!).ShouldBeGreaterThanOrEqualTo(new Version(3, 45));
        SQLitePCL.raw.GetNativeLibraryName().ShouldBe("e_sqlite3");
    }

    [Fact]
    public async Task Write_ManyAtOnce_ShareCommits()
    {
        await using var database = Place.Open();
        var before = LoggedPages(database);

        await WhileTheWriterIsHeld(database, () => [.. Enumerable.Range(0, 200).Select(i => database.Write(connection => Insert(connection, $"entry{i}", i)))]);

        Count(database).ShouldBe(200);
        (LoggedPages(database) - before).ShouldBeLessThan(40);
    }

    [Fact]
    public async Task TryLease_OneProcessHasTheFile_IsAlwaysHad()
    {
        await using var database = Place.Open();
        using var lease = database.TryLease(1);
        lease.ShouldNotBeNull().IsHeld().ShouldBeTrue();
    }

    /// <summary>Pages in the write-ahead log: each commit adds every page that it changed, so 200 commits add 200 at the least.</summary>
    static long LoggedPages(Database database) => new FileInfo(database.Name + "-wal").Length / (4096 + 24);
}
