using System.Net.Sockets;
using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>Which processes of a data folder run; null: does not. A part of <c>slipway status --json</c>.</summary>
/// <param name="Engine">A Docker Engine that 'slipway up' started.</param>
sealed record ProcessReport(int? Supervisor, int? Server, int? Gateway, int? Engine)
{
    public static ProcessReport Of(DataFolder folder)
    {
        var settings = UpSettings.Find(folder);
        return new ProcessReport(
            Watched.Supervisor(folder).FindAlive()?.ProcessId,
            Watched.Server(folder, settings).FindAlive()?.ProcessId,
            Watched.Gateway(folder, settings).FindAlive()?.ProcessId,
            Watched.Engine(folder).FindAlive()?.ProcessId);
    }

    /// <summary>Something accepts connections on the gateway's control socket.</summary>
    public static async Task<bool> ControlSocketAnswers(DataFolder folder, CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.ControlSocket), cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
