using System.Data.Common;
using Dapper;
using Slipway.Contracts;

namespace Slipway.Database.Tests;

/// <summary>The database goes away and comes back; a PostgreSQL of their own, because it is killed.</summary>
public sealed class PostgresRestartTests : IDisposable
{
    readonly PostgresServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Database_KilledInTheMiddleOfWrites_KeepsWhatWasAcknowledgedAndGoesOn()
    {
        await using var database = Database.Open(
            DatabaseAddress.Parse(_server.CreateDatabase()), MigrationSet.FromScripts("test", [("0001_test", "CREATE TABLE entries (name TEXT PRIMARY KEY)")]));
        using var enough = new CancellationTokenSource();
        var (stored, unknown, refused) = (new HashSet<string>(), new HashSet<string>(), new HashSet<string>());
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                var name = $"{writer}/{i}";
                var outcome = await Outcome(database, name);
                var names = outcome is null ? stored : outcome is CommitUnknownException ? unknown : refused;
                lock (names) names.Add(name);
            }
        })).ToArray();

        await Until(() => Count(stored) > 20);
        _server.Kill();
        await Until(() => Count(refused) + Count(unknown) > 0);
        Should.Throw<DatabaseUnavailableException>(() => database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM entries"))).Message.ShouldContain("postgres://slipway@127.0.0.1:");
        _server.Start();
        var before = Count(stored);
        await Until(() => Count(stored) > before + 20);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        var found = database.Read(connection => connection.Query<string>("SELECT name FROM entries").ToHashSet());
        stored.ShouldBeSubsetOf(found);
        found.Intersect(refused).ShouldBeEmpty();
        found.Except(stored).Except(unknown).ShouldBeEmpty();
    }

    [Fact]
    public void Open_NothingListens_SaysWhere()
    {
        _server.Kill();
        var address = DatabaseAddress.Parse("postgres://someone:s3cret@127.0.0.1:1/none");
        var error = Should.Throw<DatabaseUnavailableException>(() => Database.Open(address));
        error.Message.ShouldStartWith("The database postgres://someone@127.0.0.1:1/none can't be used now: ");
        error.ToString().ShouldNotContain("s3cret");
    }

    /// <summary>Null: stored.</summary>
    static async Task<Exception?> Outcome(Database database, string name)
    {
        try
        {
            await database.Write(connection => Insert(connection, name));
            return null;
        }
        catch (DatabaseUnavailableException away)
        {
            return away;
        }
    }

    static void Insert(DbConnection connection, string name) => connection.Execute("INSERT INTO entries (name) VALUES (@name)", new { name });

    static int Count(HashSet<string> names)
    {
        lock (names) return names.Count;
    }

    static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition()) await Task.Delay(10, limit.Token);
    }
}
