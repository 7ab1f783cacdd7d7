using Dapper;

namespace Slipway.Database.Tests;

/// <summary>On the one database and on the other.</summary>
public abstract class MigrationSetTests : IDisposable
{
    static readonly (string, string) First = ("0001_first", "CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER); INSERT INTO a (x) VALUES (1);");
    static readonly (string, string) Second = ("0002_second", "INSERT INTO a (x) VALUES (2);");

    private protected abstract DatabasePlace Place { get; }

    public void Dispose()
    {
        Place.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Open_NewDatabase_RunsEveryMigrationInOrder()
    {
        await using var database = Open(Second, First);

        Rows(database).ShouldBe([1, 2]);
        database.Read(connection => connection.Query<string>("SELECT name FROM migrations WHERE component = 'test' ORDER BY number").ToList())
            .ShouldBe(["0001_first", "0002_second"]);
    }

    [Fact]
    public async Task Open_Again_RunsOnlyWhatIsNew()
    {
        await using (Open(First))
        {
        }
        await using (var second = Open(First, Second)) Rows(second).ShouldBe([1, 2]);
        await using var third = Open(First, Second);
        Rows(third).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Open_MigrationWithAMove_MakesItOnceBehindItsFile_AndNothingOfBothStaysWhenItFails()
    {
        var moves = 0;
        Should.Throw<InvalidOperationException>(() => Database.Open(Place.Address, MigrationSet.FromScripts("test", [First, Second]).With(2, _ => throw new InvalidOperationException("broken"))));
        for (var open = 1; open <= 2; open++)
        {
            await using var database = Database.Open(Place.Address, MigrationSet.FromScripts("test", [First, Second]).With(2, connection =>
            {
                moves++;
                connection.Execute("UPDATE a SET x = x * 10");
            }));
            Rows(database).ShouldBe([10, 20]);
        }
        moves.ShouldBe(1);
    }

    [Fact]
    public async Task Open_WrittenByNewerVersion_IsRefusedAndUntouched()
    {
        await using (Open(First, Second))
        {
        }
        Should.Throw<InvalidDataException>(() => Open(First)).Message.ShouldContain("newer version");
        await using var database = Open(First, Second);
        Rows(database).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Open_MigrationFails_LeavesNothingOfIt()
    {
        await using (Open(First))
        {
        }
        Should.Throw<System.Data.Common.DbException>(() => Open(First, ("0002_bad", "INSERT INTO a (x) VALUES (7); INSERT INTO nowhere VALUES (1);")));
        await using var database = Open(First, Second);
        Rows(database).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Open_NumberThatFillsAGap_IsRunOnce()
    {
        (string, string) third = ("0003_third", "INSERT INTO a (x) VALUES (3);");
        await using (var first = Open(First, third)) Rows(first).ShouldBe([1, 3]);

        await using (var second = Open(First, Second, third)) Rows(second).ShouldBe([1, 3, 2]);

        await using var again = Open(First, Second, third);
        Rows(again).ShouldBe([1, 3, 2]);
        Should.Throw<InvalidDataException>(() => Open(First, Second)).Message.ShouldContain("newer version");
    }

    [Fact]
    public void FromScripts_NumberTwice_IsRefused() =>
        Should.Throw<InvalidOperationException>(() => MigrationSet.FromScripts("test", [First, ("0001_again", "")])).Message.ShouldContain("0001_again");

    [Fact]
    public async Task Open_TwoComponents_AreNumberedApart()
    {
        await using var database = Place.Open(
            MigrationSet.FromScripts("test", [First]), MigrationSet.FromScripts("other", [("0001_other", "CREATE TABLE b (x TEXT)")]));
        database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM migrations")).ShouldBe(2);
    }

    Database Open(params (string, string)[] scripts) => Place.Open(MigrationSet.FromScripts("test", scripts));

    static List<int> Rows(Database database) => database.Read(connection => connection.Query<int>("SELECT x FROM a ORDER BY id").ToList());
}

public sealed class SqliteMigrationSetTests : MigrationSetTests
{
    private protected override DatabasePlace Place { get; } = new DatabasePlace.InFolder();
}

public sealed class PostgresMigrationSetTests : MigrationSetTests
{
    private protected override DatabasePlace Place { get; } = new DatabasePlace.InPostgres();
}
