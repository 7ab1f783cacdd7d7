using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Slipway.Gateway;

/// <summary>A gateway from its start to its end; what <c>slipway gateway</c> runs.</summary>
public static class GatewayProcess
{
    const string InlineVariable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// The first line of a process that is a gateway and nothing else, before any socket is used: completions run on the thread that saw them,
    /// which is worth about a fifth of the requests per second. Nothing in such a process may block.
    /// </summary>
    public static void UseInlineCompletions() => Environment.SetEnvironmentVariable(InlineVariable, "1");

    internal static bool CompletesInline => Environment.GetEnvironmentVariable(InlineVariable) == "1";

    /// <summary>Serves until it is cancelled or SIGTERM or SIGINT comes, then lets the requests in flight end.</summary>
    /// <returns>The exit code: 0, or 1 where it could not start; why was written to standard error.</returns>
    public static async Task<int> Run(GatewayOptions options, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var logs = LoggerFactory.Create(builder => builder
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.UseUtcTimestamp = true;
            })
            .AddFilter("Microsoft", LogLevel.Warning)
            // Whoever reads our output may stop reading: then lines are lost, and no request waits for a line.
            .Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite));
        try
        {
            await using var server = await GatewayServer.Start(options, logs, stop.Token);
            try
            {
                await Task.Delay(Timeout.Infinite, stop.Token);
            }
            catch (OperationCanceledException)
            {
                await server.Stop();
            }
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or Model.InvalidInputException)
        {
            await Console.Error.WriteLineAsync($"slipway gateway: {failed.Message}");
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
