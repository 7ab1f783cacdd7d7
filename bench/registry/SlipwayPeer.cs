using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Slipway.Bench.Registry;

sealed class SlipwayPeer : Peer
{
    /// <summary>The shortest that a server takes.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    public override string Name => "Slipway";

    public static async Task<SlipwayPeer> Start(string work, Settings settings)
    {
        var (data, address) = (Path.Combine(work, "slipway"), $"127.0.0.1:{FreePort()}");
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(data, "slipway.yaml"), "registry: {lease: 1m, collectEvery: never}\n");
        var start = new ProcessStartInfo(settings.Executable, ["serve", "--data", data, "--listen", address]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (var open = Client(address, null)) await Ready(open, "/healthz", process);
        var token = (await File.ReadAllTextAsync(Path.Combine(data, "admin.token"))).Trim();
        // With authentication on, as docker sends it to us.
        var credential = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("admin:" + token));
        return new SlipwayPeer { Process = process, Address = address, Credential = credential, Http = Client(address, credential) };
    }

    public override async Task HaveTags(string repository, string digest, byte[] manifest, int count)
    {
        // A hundred tags in one push ("Pushing Manifests", tag parameters).
        for (var first = 0; first < count; first += 100)
        {
            var tags = string.Join('&', Enumerable.Range(first, Math.Min(100, count - first)).Select(number => string.Create(CultureInfo.InvariantCulture, $"tag=t{number:D6}")));
            await PutManifest(repository, $"{digest}?{tags}", manifest, OciIndex);
        }
    }

    public override Task HaveRepositories(string digest, byte[] manifest, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 32 },
        async (number, _) => await PutManifest(string.Create(CultureInfo.InvariantCulture, $"catalog/r{number:D6}"), digest, manifest, OciIndex));

    public override Task HaveBlobs(string repository, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 },
        async (number, cancel) =>
        {
            var content = Encoding.ASCII.GetBytes($"garbage {number}");
            using var answer = await Http.PostAsync($"/v2/{repository}/blobs/uploads/?digest={Bytes.Digest(content)}", new ByteArrayContent(content), cancel);
            Expect(answer, System.Net.HttpStatusCode.Created);
        });

    public override Task Settle() => Task.Delay(Lease + TimeSpan.FromSeconds(1));

    public override async Task<int> Collect()
    {
        using var answer = await Http.PostAsync("/api/v1/registry/gc", new StringContent("{}", Encoding.UTF8, "application/json"));
        Expect(answer, System.Net.HttpStatusCode.OK);
        var text = await answer.Content.ReadAsStringAsync();
        // A line for each part as it begins, and the report.
        using var last = JsonDocument.Parse(text.TrimEnd('\n').Split('\n')[^1]);
        return last.RootElement.GetProperty("report").GetProperty("blobs").GetInt32();
    }
}
