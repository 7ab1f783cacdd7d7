namespace Slipway.Server;

/// <summary>The server can't start for a reason that a person can mend. The message says what is wrong and what to do.</summary>
public sealed class ServerStartException(string message, Exception? inner = null) : Exception(message, inner);
