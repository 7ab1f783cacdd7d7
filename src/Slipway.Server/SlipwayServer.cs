using Slipway.Model;

namespace Slipway.Server;

/// <summary>The server as a program: <c>slipway serve</c>.</summary>
public static class SlipwayServer
{
    /// <summary>Runs until SIGTERM, SIGINT or <paramref name="cancel"/>. What stands in the way of a start is written to standard error.</summary>
    /// <returns>The exit code: 0 stopped in good order, 1 could not start, 2 bad options.</returns>
    public static async Task<int> Run(ServerOptions options, CancellationToken cancel)
    {
        try
        {
            await using var server = await ServerHost.Start(options, cancel);
            return await server.WaitForEnd(cancel) ? 0 : 1;
        }
        catch (InvalidInputException bad)
        {
            await Console.Error.WriteLineAsync(bad.Message);
            return 2;
        }
        catch (ServerStartException inTheWay)
        {
            await Console.Error.WriteLineAsync(inTheWay.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return 0;
        }
    }
}
