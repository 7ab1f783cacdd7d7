namespace Slipway.Cli;

/// <summary>A command can't do what it was asked. The message says what is wrong and what to do; nothing more is printed.</summary>
/// <param name="exitCode">1 failed, 2 bad usage or input.</param>
sealed class CommandFailedException(string message, int exitCode = ExitCode.Failed, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = exitCode;
}
