namespace Slipway.Database;

/// <summary>The database can't be reached or does not let us in, and nothing was stored: the same may be tried again later.</summary>
public class DatabaseUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The database went away while it was committing: what was asked for is stored as a whole or not at all, and nobody knows which.
/// Whoever tries again must look first, or ask for something that may be done twice.
/// </summary>
public sealed class CommitUnknownException(string message, Exception? inner = null) : DatabaseUnavailableException(message, inner);
