using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>A process that belongs to a data folder: its name, its arguments, and where its number and its log are.</summary>
sealed record Watched(DataFolder Folder, string Name, IReadOnlyList<string> Arguments)
{
    public string ProcessFile => Path.Combine(Folder.Run, Name + ".process");

    public string Log => Path.Combine(Folder.Logs, Name + ".log");

    public ProcessIdentity? FindAlive() =>
        ProcessIdentity.FindAlive(ProcessFile) ?? (Arguments.Count > 0 ? ProcessIdentity.FindByArguments(Arguments) : null);

    public static Watched Supervisor(DataFolder folder) => new(folder, "supervisor", ["supervise", "--data", folder.Path]);

    public static Watched Gateway(DataFolder folder, UpSettings? settings) =>
        new(folder, "gateway", settings is null ? [] :
            ["gateway", "--data", folder.Path, .. settings.GatewayHttp.SelectMany(a => (string[])["--listen", a.ToString()]), .. settings.Https.SelectMany(a => (string[])["--listen-https", a.ToString()]), .. settings.GatewayOptions]);

    public static Watched Server(DataFolder folder, UpSettings? settings) =>
        new(folder, "server", settings is null ? [] :
        [
            "serve", "--data", folder.Path, "--listen", settings.Listen.ToString(),
            .. settings.GatewayHttp.SelectMany(a => (string[])["--gateway-http", a.ToString()]),
            .. settings.Https.SelectMany(a => (string[])["--gateway-https", a.ToString()]),
            .. settings.DockerHost is { } engine ? (string[])["--docker-host", engine] : [],
        ]);

    /// <summary>The Docker Engine that 'slipway up' started, where it did.</summary>
    public static Watched Engine(DataFolder folder) => new(folder, "dockerd", []);
}
