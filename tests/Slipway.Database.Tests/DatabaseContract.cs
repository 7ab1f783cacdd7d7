using System.Data.Common;
using Dapper;

namespace Slipway.Database.Tests;

/// <summary>What holds of a database whatever it stands on.</summary>
public abstract class DatabaseContract : IDisposable
{
    private protected abstract DatabasePlace Place { get; }

    public void Dispose()
    {
        Place.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Write_Returned_IsSeenByTheNextRead()
    {
        await using var database = Place.Open();
        for (var i = 0; i < 50; i++)
        {
            var number = i;
            await database.Write(connection => Insert(connection, $"entry{number}", number));
            Count(database).ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task Write_OneOfAGroupFails_OthersStay()
    {
        await using var database = Place.Open();

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

        writes.Select(write => write.Exception?.InnerException is null ? "stored" : write.Exception.InnerException is DbException ? "refused" : write.Exception.InnerException.Message)
            .ShouldBe(["stored", "stop", "refused", "stored"]);
        database.Read(connection => connection.Query<string>("SELECT name FROM entries ORDER BY number").ToList()).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task Write_LastOfAGroupFails_OthersStay()
    {
        await using var database = Place.Open();

        var writes = await WhileTheWriterIsHeld(database, () =>
        [
            database.Write(connection => Insert(connection, "one", 1)),
            database.Write(connection => Insert(connection, "one", 2)),
        ]);

        writes.Select(write => write.IsFaulted).ShouldBe([false, true]);
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Write_AfterAFailedOne_Succeeds()
    {
        await using var database = Place.Open();
        await Should.ThrowAsync<DbException>(() => database.Write(connection => { connection.Execute("INSERT INTO nowhere VALUES (1)"); }));
        await database.Write(connection => Insert(connection, "next", 1));
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Write_OperationEndsTheTransaction_EveryCallerOfTheGroupIsTold()
    {
        await using var database = Place.Open();

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
    public async Task Write_ListsAndBooleans_AreTheSameSqlEverywhere()
    {
        await using var database = Place.Open();
        await database.Write(connection =>
        {
            for (var i = 0; i < 5; i++) Insert(connection, $"entry{i}", i);
            connection.Execute("INSERT INTO entries (name, number) VALUES (@name, @number)", new { name = "true", number = true });
            connection.Execute("DELETE FROM entries WHERE name IN @names", new { names = new[] { "entry1", "entry3" } });
            connection.Execute("DELETE FROM entries WHERE name IN @names", new { names = Array.Empty<string>() });
        });

        database.Read(connection => connection.Query<(string, long)>("SELECT name, number FROM entries WHERE number IN @numbers ORDER BY name", new { numbers = new List<long> { 1, 2, 3 } }).ToList())
            .ShouldBe([("entry2", 2), ("true", 1)]);
    }

    [Fact]
    public async Task Read_Text_IsOrderedByItsBytes()
    {
        await using var database = Place.Open();
        await database.Write(connection =>
        {
            foreach (var name in (string[])["b", "a", "Z", "a-b", "a.b", "ä", "_"]) Insert(connection, name, 1);
        });

        database.Read(connection => connection.Query<string>("SELECT name FROM entries ORDER BY name").ToList()).ShouldBe(["Z", "_", "a", "a-b", "a.b", "b", "ä"]);
        database.Read(connection => connection.Query<string>("SELECT name FROM entries WHERE name > 'a' AND name < 'b' ORDER BY name").ToList()).ShouldBe(["a-b", "a.b"]);
    }

    [Fact]
    public async Task Read_WhileAWriteIsOpen_SeesTheLastCommit()
    {
        await using var database = Place.Open();
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
        await using var database = Place.Open();
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
        await using var database = Place.Open();
        await database.Write(connection => Insert(connection, "kept", 1));
        Should.Throw<Exception>(() => database.Read(connection => connection.Execute("DELETE FROM entries")));
        Count(database).ShouldBe(1);
    }

    [Fact]
    public async Task Dispose_WritesWaiting_AreCarriedOut()
    {
        Task[] writes;
        await using (var database = Place.Open())
            writes = [.. Enumerable.Range(0, 100).Select(i => database.Write(connection => Insert(connection, $"entry{i}", i)))];
        await Task.WhenAll(writes);
        await using var again = Place.Open();
        Count(again).ShouldBe(100);
    }

    [Fact]
    public async Task Write_AfterDispose_Throws()
    {
        var database = Place.Open();
        await database.DisposeAsync();
        await database.DisposeAsync();
        await Should.ThrowAsync<Exception>(() => database.Write(connection => Insert(connection, "late", 1)));
    }

    /// <summary>Holds the writer in one operation until the others wait behind it, so that they become one group.</summary>
    private protected static async Task<Task[]> WhileTheWriterIsHeld(Database database, Func<Task[]> writes)
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

    private protected static void Insert(DbConnection connection, string name, int number) => connection.Execute("INSERT INTO entries VALUES (@name, @number)", new { name, number });

    private protected static long Count(Database database) => database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM entries"));
}
