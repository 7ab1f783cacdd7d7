using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Slipway.Bench.Registry;

/// <summary>A registry that is measured: a real process on loopback, spoken to as clients do.</summary>
abstract class Peer : IAsyncDisposable
{
    public const string OciImage = "application/vnd.oci.image.manifest.v1+json", OciIndex = "application/vnd.oci.image.index.v1+json";

    public abstract string Name { get; }

    public required Process Process { get; init; }

    public required string Address { get; init; }

    /// <summary>The value of Authorization, or null.</summary>
    public string? Credential { get; init; }

    public required HttpClient Http { get; init; }

    /// <summary>Puts tags into a repository, by the quickest way that leaves what clients would have left.</summary>
    public abstract Task HaveTags(string repository, string digest, byte[] manifest, int count);

    public abstract Task HaveRepositories(string digest, byte[] manifest, int count);

    public abstract Task HaveBlobs(string repository, int count);

    /// <summary>Returns when what was pushed may be collected.</summary>
    public virtual Task Settle() => Task.CompletedTask;

    /// <summary>Collects what nothing refers to; says how many blobs went.</summary>
    public abstract Task<int> Collect();

    public async Task Push(string repository, byte[] content, string? digest = null, int chunk = 0)
    {
        var location = await StartUpload(repository);
        digest ??= Bytes.Digest(content);
        var sent = 0;
        while (chunk > 0 && sent < content.Length)
        {
            var size = Math.Min(chunk, content.Length - sent);
            using var patch = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new ByteArrayContent(content, sent, size) };
            patch.Content.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{sent}-{sent + size - 1}"));
            using var answer = await Http.SendAsync(patch);
            Expect(answer, HttpStatusCode.Accepted);
            location = answer.Headers.Location!.ToString();
            sent += size;
        }
        using var put = new HttpRequestMessage(HttpMethod.Put, WithDigest(location, digest)) { Content = new ByteArrayContent(content, sent, content.Length - sent) };
        using var done = await Http.SendAsync(put);
        Expect(done, HttpStatusCode.Created);
    }

    public async Task PutManifest(string repository, string reference, byte[] manifest, string type = OciImage)
    {
        var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var answer = await Http.PutAsync($"/v2/{repository}/manifests/{reference}", content);
        Expect(answer, HttpStatusCode.Created);
    }

    public static byte[] Image(string blob, long size) => System.Text.Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"{{OciImage}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{blob}}","size":{{size}}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{blob}}","size":{{size}}}]}""");

    /// <summary>MiB of memory at the most since the start (VmHWM).</summary>
    public double PeakMemory() => double.Parse(
        File.ReadLines($"/proc/{Process.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    public virtual ValueTask DisposeAsync()
    {
        Http.Dispose();
        Process.Kill();
        Process.WaitForExit();
        Process.Dispose();
        return ValueTask.CompletedTask;
    }

    public static void Expect(HttpResponseMessage answer, HttpStatusCode status)
    {
        if (answer.StatusCode != status) throw new InvalidOperationException($"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}: {answer.Content.ReadAsStringAsync().Result}");
    }

    protected static HttpClient Client(string address, string? credential)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 }) { BaseAddress = new Uri($"http://{address}"), Timeout = TimeSpan.FromMinutes(10) };
        if (credential is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", credential);
        return http;
    }

    protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    protected static async Task Ready(HttpClient http, string path, Process process)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"{process.StartInfo.FileName} ended with {process.ExitCode}");
            try
            {
                if ((await http.GetAsync(path)).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (waited.Elapsed.TotalSeconds < 30)
            {
                // It does not listen yet.
            }
            await Task.Delay(20);
        }
    }

    static string WithDigest(string location, string digest) => $"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}";

    async Task<string> StartUpload(string repository)
    {
        using var answer = await Http.PostAsync($"/v2/{repository}/blobs/uploads/", new ByteArrayContent([]));
        Expect(answer, HttpStatusCode.Accepted);
        return answer.Headers.Location!.ToString();
    }
}
