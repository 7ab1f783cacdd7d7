namespace Slipway.Server.Data;

/// <summary>
/// Where things are in the one folder that a server owns (mode 0700):
/// <code>
/// DATA/
///   slipway.yaml             what the operator wrote: database, roles
///   admin.token              made at the first start, 0600
///   server.json              where the server listens, for the CLI on this machine
///   slipway.db               everything but bytes, where no other database is configured
///   registry/                blobs, uploads, fetches
///   registry.key             what stored passwords, webhook secrets and keys of certificates are sealed with, 0600
///   files/HASH.MODE          secrets and configs of releases, by content and mode
///   rollouts/ID.ndjson       the journal of each rollout
///   gateway/control.sock     route tables in, reports out
///   gateway/table.json       the last table, written by rename
///   gateway/certificates.json  what the gateway speaks TLS with, keys among it, 0600
///   hooks/                   programs of the operator's, such as the one that makes DNS records
///   run/*.pid  logs/*.log
/// </code>
/// </summary>
public sealed record DataFolder(string Path)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>/var/lib/slipway as root, else slipway in XDG_DATA_HOME or ~/.local/share.</summary>
    public static string DefaultPath => Environment.IsPrivilegedProcess
        ? "/var/lib/slipway"
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "slipway");

    public string AdminToken => In("admin.token");

    public string ServerFile => In("server.json");

    public string Database => In("slipway.db");

    public string Configuration => In("slipway.yaml");

    public string Registry => In("registry");

    public string Files => In("files");

    public string Rollouts => In("rollouts");

    public string Gateway => In("gateway");

    public string ControlSocket => In("gateway/control.sock");

    /// <summary>Programs of the operator's; made by whoever needs it.</summary>
    public string Hooks => In("hooks");

    public string Run => In("run");

    public string ServerPid => In("run/server.pid");

    public string ServerLock => In("run/server.lock");

    public string Logs => In("logs");

    /// <summary>Makes the folders that are missing; closes a folder of ours that others can read.</summary>
    /// <exception cref="ServerStartException">The folder can't be made, or is somebody's own folder that others can read.</exception>
    public void Prepare()
    {
        try
        {
            if (Directory.Exists(Path)) Close();
            else Directory.CreateDirectory(Path, OwnerOnly);
            foreach (var folder in (string[])[Registry, Files, Rollouts, Gateway, Run, Logs]) Directory.CreateDirectory(folder, OwnerOnly);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServerStartException($"The data folder {Path} can't be used: {error.Message} Choose another with --data, or run as the user who owns it.", error);
        }
    }

    void Close()
    {
        var mode = File.GetUnixFileMode(Path);
        if ((mode & Others) == 0) return;
        // --data /tmp is a slip of the hand: closing that folder would break the machine for everybody else.
        if (!File.Exists(Database) && !File.Exists(AdminToken) && Directory.EnumerateFileSystemEntries(Path).Any())
            throw new ServerStartException($"The data folder {Path} is not empty, not Slipway's, and open to other users (mode {Convert.ToString((int)mode, 8)}). Choose another with --data, or close it with: chmod 700 {Path}");
        File.SetUnixFileMode(Path, OwnerOnly);
    }

    string In(string relative) => System.IO.Path.Combine(Path, relative);
}
