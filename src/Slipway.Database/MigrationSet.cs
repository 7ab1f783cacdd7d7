using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Dapper;

namespace Slipway.Database;

/// <summary>
/// One component's migrations: embedded files <c>Migrations/NNNN_name.sql</c>, each run once, in the order of their numbers, and in its own transaction.
/// Numbers are given out before the work on them is done, so that there may be gaps: what fills one later is run when it is there, and must not rely on
/// files of higher numbers.
/// They are written in the small dialect that both databases understand (see <see cref="PostgresSql"/>).
/// A file that has been released is never changed; the next change is the next file.
/// </summary>
public sealed class MigrationSet
{
    const string Table = "CREATE TABLE IF NOT EXISTS migrations (component TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, applied TEXT NOT NULL, PRIMARY KEY (component, number))";

    readonly string _component;
    readonly IReadOnlyList<Migration> _migrations;
    readonly Dictionary<int, Action<DbConnection>> _moves = [];

    MigrationSet(string component, IReadOnlyList<Migration> migrations) => (_component, _migrations) = (component, migrations);

    /// <param name="component">The component's name in the table of what was applied, for example "registry".</param>
    /// <param name="assembly">The assembly that embeds the files.</param>
    public static MigrationSet FromAssembly(string component, Assembly assembly)
    {
        const string Folder = ".Migrations.";
        return FromScripts(component, assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..^4], Read(assembly, name))));
    }

    /// <summary>
    /// What a migration does beside its file, behind it and in the same transaction: where stored data must change in a way that the common SQL of
    /// both databases can't say. Like the file, it is never changed once it is released.
    /// </summary>
    public MigrationSet With(int number, Action<DbConnection> move)
    {
        _moves.Add(number, move);
        return this;
    }

    /// <param name="component">As for <see cref="FromAssembly"/>.</param>
    /// <param name="scripts">Each file's name without its ending ("0001_registry"), and its SQL; in any order.</param>
    internal static MigrationSet FromScripts(string component, IEnumerable<(string Name, string Sql)> scripts)
    {
        var migrations = scripts
            .Select(script => new Migration(int.Parse(script.Name.AsSpan(0, 4), CultureInfo.InvariantCulture), script.Name, script.Sql))
            .OrderBy(migration => migration.Number)
            .ToList();
        for (var i = 1; i < migrations.Count; i++)
            if (migrations[i].Number == migrations[i - 1].Number) throw new InvalidOperationException($"Two migrations of {component} have one number: {migrations[i - 1].Name} and {migrations[i].Name}.");
        return new MigrationSet(component, migrations);
    }

    /// <summary>
    /// Applies the next migration that the database does not have, inside the caller's transaction, beside which no other server may migrate.
    /// False when there was none.
    /// </summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="translate">From a script to the statements of the database at hand.</param>
    /// <exception cref="InvalidDataException">The database was written by a newer Slipway.</exception>
    internal bool ApplyNext(DbConnection connection, Func<string, IEnumerable<string>> translate)
    {
        foreach (var statement in translate(Table)) connection.Execute(statement);
        var done = connection.Query<long>("SELECT number FROM migrations WHERE component = @component", new { component = _component }).ToHashSet();
        var known = _migrations is [.., var last] ? last.Number : 0;
        if (done.Count > 0 && done.Max() > known)
            throw new InvalidDataException($"The database has migration {done.Max()} of {_component}, this Slipway knows {known}: it was written by a newer version. Start that version, or restore a backup.");
        if (_migrations.FirstOrDefault(next => !done.Contains(next.Number)) is not { } migration) return false;
        foreach (var statement in translate(migration.Sql)) connection.Execute(statement);
        if (_moves.TryGetValue(migration.Number, out var move)) move(connection);
        connection.Execute(
            "INSERT INTO migrations (component, number, name, applied) VALUES (@component, @number, @name, @applied)",
            new { component = _component, number = (long)migration.Number, name = migration.Name, applied = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture) });
        return true;
    }

    static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    sealed record Migration(int Number, string Name, string Sql);
}
