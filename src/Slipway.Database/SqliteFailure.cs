using Microsoft.Data.Sqlite;

namespace Slipway.Database;

/// <summary>SQLite's result codes (sqlite.org/rescode.html) that speak of the disk under the file, not of a statement.</summary>
static class SqliteFailure
{
    const int ReadOnly = 8, InputOutput = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    /// <summary>The shared memory beside the file could not be made larger; on a full disk that comes before anything else.</summary>
    const int InputOutputSharedMemorySize = InputOutput | (19 << 8);

    /// <summary>What it means for whoever asked, or null where the disk is not to blame. After such an error nothing of the transaction is left.</summary>
    public static DatabaseUnavailableException? Of(Exception error, string path) => error is not SqliteException sqlite ? null : (sqlite.SqliteErrorCode, sqlite.SqliteExtendedErrorCode) switch
    {
        (Full, _) or (_, InputOutputSharedMemorySize) =>
            new DatabaseFullException($"The disk of the database {path} is full: nothing was stored. Free space there; the server goes on by itself.", sqlite),
        (ReadOnly, _) => new DatabaseUnavailableException($"The database {path} can't be written to: its file system is read-only, or the file belongs to another user. Nothing was stored.", sqlite),
        (InputOutput, var extended) => new DatabaseUnavailableException($"The disk of the database {path} has failed (SQLite error {extended}): nothing was stored. See the system's log.", sqlite),
        (CannotOpen, _) => new DatabaseUnavailableException($"The database {path} can't be opened: is its folder there, and has this process file descriptors left? Nothing was stored.", sqlite),
        (Corrupt or NotADatabase, _) => new DatabaseUnavailableException($"The database {path} is damaged: nothing was stored. Restore a backup.", sqlite),
        _ => null,
    };
}
