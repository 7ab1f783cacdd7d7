using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Slipway.Database.Tests;

public sealed class DatabaseTests : IDisposable
{
    readonly DatabaseFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task Open_Writer_IsDurable()
    {
        await using var database = _file.Open();

        // 2 is FULL: a commit is on disk before it is acknowledged (sqlite.org/pragma.html#pragma_synchronous).
        var (journal, synchronous, foreignKeys) = await database.Write(connection => (
            connection.ExecuteScalar<string>("PRAGMA journal_mode"),
            connection.ExecuteScalar<int>("PRAGMA synchronous"),
            connection.ExecuteScalar<int>("PRAGMA foreign_keys")));

        (journal, synchronous, foreignKeys).ShouldBe(("wal", 2, 1));
    }

    [Fact]
    public async Task Open_NativeLibrary_IsOurs()
    {
        await using var database = _file.Open();
        Version.Parse(database.Read(connection => connection.ExecuteScalar<string>("SELECT sqlite_version()"))!).ShouldBeGreaterThanOrEqualTo(new Version(3, 45));
        SQLitePCL.raw.GetNativeLibraryName().ShouldBe("e_sqlite3");
    }

    [Fact]
    public async Task Write_Returned_IsSeenByTheNextRead()
    {
        await using var database = _file.Open();
        for (var i = 0; i < 50; i++)
        {
            var number = i;
            await database.Write(connection => Insert(connection, $"entry{number}", number));
            Count(database).ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task Write_ManyAtOnce_ShareCommits()
    {
        await using var database = _file.Open();
        var before = LoggedPages(database);

        await WhileTheWriterIsHeld(database, () => [.. Enumerable.Range(0, 200).Select(i => database.Write(connection => Insert(connection, $"entry{i}", i)))]);

        Count(database).ShouldBe(200);
        (LoggedPages(database) - before).ShouldBeLessThan(40);
    }

    [Fact]
    public async Task Write_OneOfAGroupFails_OthersStay()
    {
        await using var database = _file.Open();

        var writes = await WhileTheWriterIsHeld(database, () =>
        [
            database.Write(connection => Insert(connection, "before", 1)),
            database.Write(connection =>
            {
                Insert(connection, "half", 2);
                throw new InvalidOperationException("stop");
            }),
            database.Write(connection => Insert(connection, "before", 3)),
            database.Write(connection => Insert(connection, "after", 4)),
        ]);

        writes.Select(write => write.Exception?.InnerException?.GetType()).ShouldBe([null, typeof(InvalidOperationException), typeof(SqliteException), null]);
        database.Read(connection => connection.Query<string>("SELECT name FROM entries ORDER BY number").ToList()).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task Write_AfterAFailedOne_Succeeds()
    {
        await using var database = _file.Open();
        await Should.ThrowAsync<SqliteException>(() => database.Write(connection => { connection.Execute("INSERT INTO nowhere VALUES (1)"); }));
        await database.Write(connection => Insert(connection, "next", 1));
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Write_OperationEndsTheTransaction_EveryCallerOfTheGroupIsTold()
    {
        await using var database = _file.Open();

        // As SQLite itself does on a full disk: the whole transaction is gone in the middle of a group.
        var writes = await WhileTheWriterIsHeld(database, () =>
        [
            database.Write(connection => Insert(connection, "lost", 1)),
            database.Write(connection => { connection.Execute("ROLLBACK"); }),
            database.Write(connection => Insert(connection, "never", 2)),
        ]);

        writes.ShouldAllBe(write => write.IsFaulted);
        Count(database).ShouldBe(0);
        await database.Write(connection => Insert(connection, "next", 3));
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Read_WhileAWriteIsOpen_SeesTheLastCommit()
    {
        await using var database = _file.Open();
        await database.Write(connection => Insert(connection, "committed", 1));

        var seen = await database.Write(connection =>
        {
            Insert(connection, "open", 2);
            return Count(database);
        });

        seen.ShouldBe(1);
        Count(database).ShouldBe(2);
    }

    [Fact]
    public async Task Read_TwoQueries_SeeOneSnapshot()
    {
        await using var database = _file.Open();
        var (first, second) = database.Read(connection =>
        {
            var before = connection.ExecuteScalar<long>("SELECT count(*) FROM entries");
            database.Write(writer => Insert(writer, "between", 1)).GetAwaiter().GetResult();
            return (before, connection.ExecuteScalar<long>("SELECT count(*) FROM entries"));
        });
        (first, second).ShouldBe((0, 0));
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Read_ThatWrites_IsRefused()
    {
        await using var database = _file.Open();
        Should.Throw<SqliteException>(() => database.Read(connection => connection.Execute("DELETE FROM entries"))).SqliteErrorCode.ShouldBe(8);
    }

    [Fact]
    public async Task Dispose_WritesWaiting_AreCarriedOut()
    {
        Task[] writes;
        await using (var database = _file.Open())
            writes = [.. Enumerable.Range(0, 100).Select(i => database.Write(connection => Insert(connection, $"entry{i}", i)))];
        await Task.WhenAll(writes);
        await using var again = _file.Open();
        Count(again).ShouldBe(100);
    }

    [Fact]
    public async Task Write_AfterDispose_Throws()
    {
        var database = _file.Open();
        await database.DisposeAsync();
        await database.DisposeAsync();
        await Should.ThrowAsync<Exception>(() => database.Write(connection => Insert(connection, "late", 1)));
    }

    /// <summary>Holds the writer in one operation until the others wait behind it, so that they become one group.</summary>
    static async Task<Task[]> WhileTheWriterIsHeld(Database database, Func<Task[]> writes)
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var holding = database.Write(_ =>
        {
            entered.Set();
            release.Wait(TimeSpan.FromSeconds(30));
        });
        entered.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
        var waiting = writes();
        release.Set();
        await holding;
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        return waiting;
    }

    /// <summary>Pages in the write-ahead log: each commit adds every page that it changed, so 200 commits add 200 at the least.</summary>
    static long LoggedPages(Database database) => new FileInfo(database.Path + "-wal").Length / (4096 + 24);

    static void Insert(DbConnection connection, string name, int number) => connection.Execute("INSERT INTO entries VALUES (@name, @number)", new { name, number });

    static long Count(Database database) => database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM entries"));
}
