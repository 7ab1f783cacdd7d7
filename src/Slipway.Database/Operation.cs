using System.Data.Common;

namespace Slipway.Database;

/// <summary>One write that waits for its turn, and its answer.</summary>
abstract class Operation
{
    public bool Failed => Error is not null;

    public Exception? Error { get; private set; }

    /// <summary>Runs it; what it throws is kept for its caller.</summary>
    public void Run(DbConnection connection)
    {
        try
        {
            Execute(connection);
        }
        catch (Exception error)
        {
            Error = error;
        }
    }

    /// <summary>It looked well, and the database would not keep it.</summary>
    public void Fail(Exception error) => Error ??= error;

    /// <summary>Its group was committed: answers its caller.</summary>
    public abstract void Complete();

    /// <summary>Its group was not committed.</summary>
    public void Break(Exception error)
    {
        // That its own statement failed too is then a consequence: the connection was gone.
        Error = Error is null or DbException ? error : Error;
        Complete();
    }

    protected abstract void Execute(DbConnection connection);
}

sealed class Operation<T>(Func<DbConnection, T> write) : Operation
{
    readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    T? _value;

    public Task<T> Result => _result.Task;

    public override void Complete()
    {
        if (Error is null) _result.SetResult(_value!);
        else _result.SetException(Error);
    }

    protected override void Execute(DbConnection connection) => _value = write(connection);
}
