using System.Text.Json;
using Slipway.Server.Api;
using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>Waits until the server says it is ready and the gateway takes route tables.</summary>
static class Readiness
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>So many processes of one kind that ended mean that the next will end too.</summary>
    const int TooManyStarts = 4;

    /// <exception cref="CommandFailedException">It does not come up: with the last lines of the log of the one that does not.</exception>
    public static async Task<UpOutcome> Wait(DataFolder folder, UpSettings settings, bool wasUp, TimeProvider time, CancellationToken cancel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        var (begun, servers, gateways) = (time.GetTimestamp(), new HashSet<int>(), new HashSet<int>());
        while (true)
        {
            var gateway = await ProcessReport.ControlSocketAnswers(folder, cancel);
            var (server, missing) = await AskServer(http, folder, cancel);
            if (server is not null && gateway) return new UpOutcome(wasUp, server.Url, settings.GatewayHttp, settings.Https, folder.AdminToken, server.Version);

            if (Watched.Server(folder, null).FindAlive() is { } s) servers.Add(s.ProcessId);
            if (Watched.Gateway(folder, null).FindAlive() is { } g) gateways.Add(g.ProcessId);
            var late = time.GetElapsedTime(begun) > Longest;
            if (server is null && (late || servers.Count >= TooManyStarts)) throw Failed("server", missing, Watched.Server(folder, null).Log);
            if (!gateway && (late || gateways.Count >= TooManyStarts)) throw Failed("gateway", null, Watched.Gateway(folder, null).Log);
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
        }
    }

    static async Task<(ServerFile? Server, string? Missing)> AskServer(HttpClient http, DataFolder folder, CancellationToken cancel)
    {
        // After a kill -9 the file is stale until the next server has written it anew.
        if (ServerFile.Find(folder) is not { } server || ProcessIdentity.Of(server.ProcessId, []) is null) return (null, null);
        try
        {
            using var answer = await http.GetAsync(new Uri(server.Url + "/readyz"), cancel);
            if (answer.IsSuccessStatusCode) return (server, null);
            var readiness = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(cancel), ApiJson.Default.Readiness);
            return (null, string.Join("; ", readiness?.Checks.Where(check => !check.Ok).Select(check => $"{check.Name}: {check.Detail}") ?? []));
        }
        catch (Exception away) when (away is HttpRequestException or JsonException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return (null, null);
        }
    }

    static CommandFailedException Failed(string name, string? missing, string log) =>
        new($"The {name} does not come up{(string.IsNullOrEmpty(missing) ? "" : $" ({missing})")}. The last lines of {log}:\n{LogTail.Read(log, 10)}");
}
