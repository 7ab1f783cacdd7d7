using System.Globalization;

namespace Slipway.Server.Data;

/// <summary>
/// One server for a data folder: held as long as the process lives. The kernel gives the lock back however the process ends,
/// so what is found in the file after a kill -9 is only a name for the message.
/// </summary>
sealed class ServerLock : IDisposable
{
    readonly FileStream _file;

    ServerLock(FileStream file) => _file = file;

    /// <exception cref="ServerStartException">Another server runs on this folder.</exception>
    public static ServerLock Take(DataFolder folder)
    {
        try
        {
            var file = new FileStream(folder.ServerLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new ServerLock(file);
        }
        catch (IOException taken)
        {
            var holder = File.Exists(folder.ServerPid) ? $" (process {File.ReadAllText(folder.ServerPid).Trim()})" : "";
            throw new ServerStartException($"Another Slipway server{holder} runs on the data folder {folder.Path}. Stop it with 'slipway down', or choose another folder with --data.", taken);
        }
    }

    /// <summary>Leaves the process's number for people and for <c>slipway down</c>.</summary>
    public static void WriteProcessId(DataFolder folder) =>
        AtomicFile.Write(folder.ServerPid, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");

    public void Dispose() => _file.Dispose();
}
