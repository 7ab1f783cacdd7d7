using Dapper;
using Slipway.Contracts;

namespace Slipway.Database.Tests;

public sealed class PostgresDatabaseTests : DatabaseContract
{
    private protected override DatabasePlace Place { get; } = new DatabasePlace.InPostgres();

    [Fact]
    public async Task Name_HasNoPassword()
    {
        await using var database = Database.Open(DatabaseAddress.Parse(((string)$"{Place.Address}").Replace("slipway@", "slipway:s3cret%40@", StringComparison.Ordinal)));
        database.Name.ShouldBe($"{Place.Address}");
        database.IsShared.ShouldBeTrue();
    }

    [Fact]
    public async Task Write_DatabaseContentWithLess_IsDurableAllTheSame()
    {
        PostgresServer.Shared.Execute($"ALTER DATABASE {Place.Address.ToString().Split('/')[^1]} SET synchronous_commit = off");
        await using var database = Place.Open();
        (await database.Write(connection => connection.ExecuteScalar<string>("SHOW synchronous_commit"))).ShouldBe("on");
    }

    [Fact]
    public async Task Write_ManyAtOnce_ShareCommits()
    {
        await using var database = Place.Open();

        await WhileTheWriterIsHeld(database, () => [.. Enumerable.Range(0, 200).Select(i => database.Write(connection =>
            connection.Execute("INSERT INTO entries (name, number) VALUES (@name, CAST(CAST(pg_current_xact_id() AS TEXT) AS INTEGER))", new { name = $"entry{i}" })))]);

        database.Read(connection => connection.QuerySingle<(long, long)>("SELECT count(*), count(DISTINCT number) FROM entries")).ShouldSatisfyAllConditions(
            counts => counts.Item1.ShouldBe(200),
            counts => counts.Item2.ShouldBeLessThan(40));
    }

    [Fact]
    public async Task Write_OperationHidesAFailure_FailsByItself()
    {
        await using var database = Place.Open();

        var writes = await WhileTheWriterIsHeld(database, () =>
        [
            database.Write(connection => Insert(connection, "before", 1)),
            Hiding(database, "first"),
            database.Write(connection => Insert(connection, "after", 2)),
            Hiding(database, "last"),
        ]);

        writes.Select(write => write.IsFaulted).ShouldBe([false, true, false, true]);
        database.Read(connection => connection.Query<string>("SELECT name FROM entries ORDER BY number").ToList()).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task Write_FromTwoServers_IsIsolatedAndInTheOrderOfCommits()
    {
        await using var one = Place.Open();
        await using var other = Place.Open();
        await one.Write(connection => Insert(connection, "counter", 0));

        // Each reads and writes back: with any other write in between, one would be lost.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? one : other).Write(connection =>
        {
            var number = connection.ExecuteScalar<long>("SELECT number FROM entries WHERE name = 'counter'");
            connection.Execute("UPDATE entries SET number = @next WHERE name = 'counter'", new { next = number + 1 });
        })));

        one.Read(connection => connection.ExecuteScalar<long>("SELECT number FROM entries WHERE name = 'counter'")).ShouldBe(200);
    }

    [Fact]
    public async Task Write_Returned_IsSeenByTheOtherServerAtOnce()
    {
        await using var one = Place.Open();
        await using var other = Place.Open();
        for (var i = 0; i < 50; i++)
        {
            var (writing, reading) = i % 2 == 0 ? (one, other) : (other, one);
            await writing.Write(connection => Insert(connection, $"entry{i}", i));
            Count(reading).ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task Open_TwoServersAtOnce_MigrateOnce()
    {
        var migrations = MigrationSet.FromScripts("test", Enumerable.Range(1, 20).Select(i => ($"{i:0000}_step", i == 1 ? "CREATE TABLE steps (id INTEGER PRIMARY KEY, step INTEGER NOT NULL)" : $"INSERT INTO steps (step) VALUES ({i})")));
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Place.Open(migrations))));
        foreach (var database in opened)
        {
            database.Read(connection => connection.Query<long>("SELECT step FROM steps ORDER BY id").ToList()).ShouldBe(Enumerable.Range(2, 19).Select(i => (long)i));
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Write_HolderIsFrozen_OthersGoOn_AndItIsTold()
    {
        await using var frozen = Place.OpenImpatient();
        await using var other = Place.OpenImpatient();
        using var entered = new ManualResetEventSlim();
        using var thaws = new ManualResetEventSlim();
        var holding = frozen.Write(connection =>
        {
            Insert(connection, "of the frozen", 1);
            entered.Set();
            thaws.Wait(TimeSpan.FromSeconds(60));
            Insert(connection, "afterwards", 2);
        });
        entered.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();

        await other.Write(connection => Insert(connection, "of the other", 3));
        thaws.Set();

        await Should.ThrowAsync<DatabaseUnavailableException>(() => holding);
        other.Read(connection => connection.Query<string>("SELECT name FROM entries").ToList()).ShouldBe(["of the other"]);
        await frozen.Write(connection => Insert(connection, "again", 4));
    }

    [Fact]
    public async Task TryLease_OneServerHasIt_UntilItEnds()
    {
        await using var one = Place.Open();
        await using var other = Place.Open();
        using (var lease = one.TryLease(7))
        {
            lease.ShouldNotBeNull().IsHeld().ShouldBeTrue();
            other.TryLease(7).ShouldBeNull();
            using var another = other.TryLease(8);
            another.ShouldNotBeNull();
        }
        using var next = await Until(() => other.TryLease(7));
        next.IsHeld().ShouldBeTrue();
    }

    [Fact]
    public async Task TryLease_HolderSilent_LosesIt()
    {
        await using var one = Place.OpenImpatient();
        await using var other = Place.OpenImpatient();
        using var silent = one.TryLease(9);
        using var next = await Until(() => other.TryLease(9));
        next.IsHeld().ShouldBeTrue();
        silent!.IsHeld().ShouldBeFalse();
    }

    static Task Hiding(Database database, string name) => database.Write(connection =>
    {
        Insert(connection, name, 3);
        try
        {
            connection.Execute("INSERT INTO nowhere VALUES (1)");
        }
        catch (Npgsql.PostgresException)
        {
            // What an operation must not do: PostgreSQL has given the transaction up by now.
        }
    });

    static async Task<T> Until<T>(Func<T?> condition) where T : class
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (condition() is { } found) return found;
            await Task.Delay(50, limit.Token);
        }
    }
}
