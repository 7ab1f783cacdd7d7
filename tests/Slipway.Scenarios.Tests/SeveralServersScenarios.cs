using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Slipway.Contracts;

namespace Slipway.Scenarios.Tests;

/// <summary>Two registry servers as processes of their own over one PostgreSQL; one of them is killed in the middle of pushes.</summary>
public sealed class SeveralServersScenarios : IAsyncLifetime
{

    readonly string _database = PostgresServer.Shared.CreateDatabase();
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-servers-").FullName;
    readonly List<(Process Process, HttpClient Client)> _servers = [];

    public async ValueTask InitializeAsync()
    {
        _servers.Add(await Start("one"));
        _servers.Add(await Start("other"));
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (process, client) in _servers)
        {
            client.Dispose();
            if (!process.HasExited) process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        PostgresServer.Shared.DropDatabase(_database);
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task OneServerKilled_InTheMiddleOfPushes_TheOtherGoesOn_AndWhatWasAcknowledgedIsThere()
    {
        var acknowledged = new List<byte[]>();
        using var enough = new CancellationTokenSource();
        var pushes = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                var content = RandomNumberGenerator.GetBytes(50_000);
                // As a client behind a load balancer: the next server when one does not answer.
                foreach (var (_, client) in worker % 2 == 0 ? _servers : Enumerable.Reverse(_servers))
                {
                    if (!await Push(client, content)) continue;
                    lock (acknowledged) acknowledged.Add(content);
                    break;
                }
            }
        })).ToArray();

        await Until(() => Count(acknowledged) > 40);
        // An upload that has begun at the one that dies goes on at the other.
        var begun = await Begin(_servers[0].Client, [1, 2, 3]);
        _servers[0].Process.Kill();
        var before = Count(acknowledged);
        await Until(() => Count(acknowledged) > before + 40);
        await enough.CancelAsync();
        await Task.WhenAll(pushes);

        foreach (var content in acknowledged)
            (await _servers[1].Client.GetByteArrayAsync($"/v2/shared/web/blobs/{Digest(content)}")).ShouldBe(content);
        await Until(async () =>
        {
            using var rest = new ByteArrayContent([4, 5]);
            using var answer = await _servers[1].Client.PutAsync($"{begun}?digest={Digest([1, 2, 3, 4, 5])}", rest);
            return answer.StatusCode == HttpStatusCode.Created;
        });
    }

    async Task<(Process, HttpClient)> Start(string name)
    {
        var data = Path.Combine(_folder, name);
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(data, Owner);
        File.WriteAllText(Path.Combine(data, "slipway.yaml"), $"database: {_database}\nroles: registry\n");
        var bytes = Directory.CreateDirectory(Path.Combine(_folder, "bytes"), Owner);
        File.CreateSymbolicLink(Path.Combine(data, "registry"), bytes.FullName);
        var process = Process.Start(new ProcessStartInfo(SlipwayProcess.Executable, ["serve", "--data", data, "--listen", "127.0.0.1:0"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var log = new List<string>();
        process.OutputDataReceived += (_, line) => Note(log, line.Data);
        process.ErrorDataReceived += (_, line) => Note(log, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Until(() => File.Exists(Path.Combine(data, "server.json")) || (process.HasExited ? throw new InvalidOperationException(string.Join('\n', log)) : false));
        var url = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "server.json")))!["url"]!.GetValue<string>();
        var client = new HttpClient { BaseAddress = new Uri(url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(data, "admin.token"))).Trim());
        return (process, client);
    }

    static async Task<bool> Push(HttpClient client, byte[] content)
    {
        try
        {
            using var body = new ByteArrayContent(content);
            using var answer = await client.PutAsync($"{await Begin(client, null)}?digest={Digest(content)}", body);
            return answer.StatusCode == HttpStatusCode.Created;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    static async Task<string> Begin(HttpClient client, byte[]? first)
    {
        using var started = await client.PostAsync("/v2/shared/web/blobs/uploads/", null);
        started.EnsureSuccessStatusCode();
        var location = started.Headers.Location!.OriginalString;
        if (first is null) return location;
        using var chunk = new ByteArrayContent(first);
        using var added = await client.PatchAsync(location, chunk);
        added.EnsureSuccessStatusCode();
        return location;
    }

    static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    static int Count(List<byte[]> contents)
    {
        lock (contents) return contents.Count;
    }

    static void Note(List<string> log, string? line)
    {
        lock (log) log.Add(line ?? "");
    }

    static Task Until(Func<bool> condition) => Until(() => Task.FromResult(condition()));

    static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition()) await Task.Delay(20, limit.Token);
    }
}
