namespace Slipway.Cli.Api;

/// <summary>No server answers, or the connection to it broke. The message says where, and what to do.</summary>
sealed class ServerUnavailableException(string message, Exception inner) : Exception(message, inner);
