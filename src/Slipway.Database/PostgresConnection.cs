using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Slipway.Database;

/// <summary>
/// The connection that an operation or a read works with. It is a class of its own because Dapper treats a connection whose class is Npgsql's unlike all
/// others (a list becomes one array parameter, and <c>IN @list</c> is no SQL): here the same SQL has to run on both databases.
/// </summary>
sealed class PostgresConnection(NpgsqlConnection inner) : DbConnection
{
    /// <summary>Commands that were made, and so may have been carried out.</summary>
    public int Commands { get; private set; }

    [AllowNull]
    public override string ConnectionString
    {
        get => inner.ConnectionString;
        set => throw Fixed();
    }

    public override string Database => inner.Database;

    public override string DataSource => inner.DataSource;

    public override string ServerVersion => inner.ServerVersion;

    public override ConnectionState State => inner.State;

    public override void ChangeDatabase(string databaseName) => throw Fixed();

    public override void Open() => throw Fixed();

    public override void Close() => throw Fixed();

    protected override DbCommand CreateDbCommand()
    {
        Commands++;
        return new PostgresCommand(this, inner.CreateCommand());
    }

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw Fixed();

    static InvalidOperationException Fixed() => new("The connection and its transaction are the database's own: an operation or a read only executes commands.");
}

/// <summary>A command whose connection is ours, else as Npgsql makes it.</summary>
sealed class PostgresCommand(PostgresConnection connection, NpgsqlCommand inner) : DbCommand
{
    [AllowNull]
    public override string CommandText
    {
        get => inner.CommandText;
        set => inner.CommandText = value;
    }

    public override int CommandTimeout
    {
        get => inner.CommandTimeout;
        set => inner.CommandTimeout = value;
    }

    public override CommandType CommandType
    {
        get => inner.CommandType;
        set => inner.CommandType = value;
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource
    {
        get => inner.UpdatedRowSource;
        set => inner.UpdatedRowSource = value;
    }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set => throw new InvalidOperationException("A command stays with its connection.");
    }

    protected override DbParameterCollection DbParameterCollection => inner.Parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel() => inner.Cancel();

    public override int ExecuteNonQuery() => inner.ExecuteNonQuery();

    public override object? ExecuteScalar() => inner.ExecuteScalar();

    public override void Prepare() => inner.Prepare();

    protected override DbParameter CreateDbParameter() => inner.CreateParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => inner.ExecuteReader(behavior);

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
