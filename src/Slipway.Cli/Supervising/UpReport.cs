using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>Says where everything listens.</summary>
sealed class UpReport(TextWriter output, DataFolder folder)
{
    public async Task Write(UpOutcome up)
    {
        await output.WriteLineAsync(up.WasUp ? "Slipway is already up." : "Slipway is up.");
        await output.WriteLineAsync($"  platform  {up.Url}/  (API, registry {new Uri(up.Url).Authority})");
        await output.WriteLineAsync($"  gateway   {string.Join(", ", up.GatewayHttp)}{(up.GatewayHttps.Count == 0 ? "" : $", https {string.Join(", ", up.GatewayHttps)}")}  (the apps, by host name)");
        await output.WriteLineAsync($"  token     {up.TokenFile}");
        await output.WriteLineAsync($"  data      {folder.Path}");
        if (ServerFile.Find(folder)?.Database is { } database && database != folder.Database) await output.WriteLineAsync($"  database  {database}");
        var own = Commands.VersionCommand.Version;
        if (up.Version != own) await output.WriteLineAsync($"The server that runs is {up.Version}, this is {own}: 'slipway down' and 'slipway up' change over.");
    }
}
