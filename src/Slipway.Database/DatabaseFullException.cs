namespace Slipway.Database;

/// <summary>The database's disk is full, and nothing was stored: the same may be tried again when there is room.</summary>
public sealed class DatabaseFullException(string message, Exception? inner = null) : DatabaseUnavailableException(message, inner);
