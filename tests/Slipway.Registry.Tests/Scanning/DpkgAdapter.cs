using System.Collections.Concurrent;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Tests.Scanning;

/// <summary>
/// A scanner adapter that does its work: takes a request, pulls manifest and layers with the credential that it was given, checks their digests, reads
/// the packages of the image (var/lib/dpkg/status), compares their versions as dpkg does with those that have something mended, and reports. Strict where
/// harbor-scanner-trivy is: Accept and media types are compared as text, produces_mime_types must not be missing.
/// </summary>
sealed class DpkgAdapter : IAsyncDisposable
{
    public const string ReportType = "application/vnd.security.vulnerability.report; version=1.1";

    readonly WebApplication _app;
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    readonly ConcurrentDictionary<string, Task<JsonObject>> _scans = new();
    int _working;

    DpkgAdapter(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>What it knows: package, the version that has it mended, identifier, severity.</summary>
    public List<(string Package, string Fixed, string Id, string Severity)> Known { get; } = [("openssl", "3.0.11-1~deb12u2", "CVE-2023-5363", "High"), ("zlib1g", "1:1.3", "CVE-2023-45853", "Critical")];

    /// <summary>Every request for a scan, in the order of their coming.</summary>
    public ConcurrentQueue<JsonObject> Requests { get; } = new();

    /// <summary>Headers of every request.</summary>
    public ConcurrentQueue<(string Path, Dictionary<string, string> Headers)> Heads { get; } = new();

    /// <summary>Reports are held back until it is set.</summary>
    public TaskCompletionSource Gate { get; set; } = Opened();

    public bool Refresh { get; set; } = true;

    /// <summary>Answers in the adapter's place; true where it did.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public int MostAtOnce { get; private set; }

    public JsonNode Capabilities { get; set; } = JsonNode.Parse(
        """
        [{"type":"vulnerability","consumes_mime_types":["application/vnd.oci.image.manifest.v1+json","application/vnd.docker.distribution.manifest.v2+json"],"produces_mime_types":["application/vnd.security.vulnerability.report; version=1.1"]},
         {"type":"sbom","consumes_mime_types":["application/vnd.oci.image.manifest.v1+json"],"produces_mime_types":["application/vnd.security.sbom.report+json; version=1.0"],"additional_attributes":{"sbom_media_types":["application/spdx+json"]}}]
        """)!;

    public static async Task<DpkgAdapter> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var adapter = new DpkgAdapter(builder.Build());
        adapter._app.Use(async (context, next) =>
        {
            adapter.Heads.Enqueue((context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            if (adapter.Instead is not { } instead || !await instead(context)) await next(context);
        });
        adapter._app.MapGet("/api/v1/metadata", adapter.Metadata);
        adapter._app.MapPost("/api/v1/scan", adapter.Accept);
        adapter._app.MapGet("/api/v1/scan/{id}/report", adapter.Report);
        await adapter._app.StartAsync();
        adapter.Url = adapter._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return adapter;
    }

    public static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource();
        gate.SetResult();
        return gate;
    }

    /// <summary>What it has taken is lost, as by a restart without a store.</summary>
    public void Forget() => _scans.Clear();

    /// <summary>Scans whose report is made, given out or not.</summary>
    public int Finished => _scans.Values.Count(scan => scan.IsCompletedSuccessfully);

    public static Task Answer(HttpContext context, int status, string type, string body)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return context.Response.WriteAsync(body);
    }

    public static Task Error(HttpContext context, int status, string message) =>
        Answer(context, status, "application/vnd.scanner.adapter.error; version=1.0", new JsonObject { ["error"] = new JsonObject { ["message"] = message } }.ToJsonString());

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
        _http.Dispose();
    }

    Task Metadata(HttpContext context) => Answer(context, 200, "application/vnd.scanner.adapter.metadata+json; version=1.0", new JsonObject
    {
        ["scanner"] = new JsonObject { ["name"] = "Dpkg", ["vendor"] = "Tests", ["version"] = "1.2.3" },
        ["capabilities"] = Capabilities.DeepClone(),
        ["properties"] = new JsonObject { ["harbor.scanner-adapter/vulnerability-database-updated-at"] = "2026-11-28T01:02:03Z" },
    }.ToJsonString());

    async Task Accept(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        foreach (var capability in request["enabled_capabilities"]?.AsArray() ?? [])
            if (capability!["produces_mime_types"] is not JsonArray { Count: > 0 })
            {
                await Error(context, 400, "\"enabled_capabilities.produces_mime_types\" is missing");
                return;
            }
        var id = Guid.NewGuid().ToString();
        Requests.Enqueue(request);
        _scans[id] = Task.Run(() => Scan(request));
        await Answer(context, 202, "application/vnd.scanner.adapter.scan.response+json; version=1.0", new JsonObject { ["id"] = id }.ToJsonString());
    }

    async Task Report(HttpContext context, string id)
    {
        if (context.Request.Headers.Accept != ReportType && context.Request.Headers.Accept != "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0") await Error(context, 415, $"unsupported media type: {context.Request.Headers.Accept}");
        else if (!_scans.TryGetValue(id, out var scan)) await Error(context, 404, $"cannot find scan job: {id}");
        else if (!scan.IsCompleted || !Gate.Task.IsCompleted)
        {
            context.Response.Headers.Location = context.Request.Path.Value;
            if (Refresh) context.Response.Headers["Refresh-After"] = "0";
            context.Response.StatusCode = 302;
        }
        else if (scan.Exception is { } failed) await Error(context, 500, failed.InnerException!.Message);
        else await Answer(context, 200, context.Request.Headers.Accept!, (await scan).ToJsonString());
    }

    async Task<JsonObject> Scan(JsonObject request)
    {
        lock (_scans) MostAtOnce = Math.Max(MostAtOnce, ++_working);
        try
        {
            // One after the other it would be done before the next comes.
            await Task.Delay(30);
            var (registry, artifact) = (request["registry"]!, request["artifact"]!.AsObject());
            var (repository, digest) = ((string)artifact["repository"]!, (string)artifact["digest"]!);
            var packages = new Dictionary<string, string>();
            var manifest = JsonNode.Parse(await Pull(registry, $"{repository}/manifests/{digest}", digest, (string)artifact["mime_type"]!))!;
            foreach (var layer in manifest["layers"]!.AsArray())
            {
                var content = await Pull(registry, $"{repository}/blobs/{layer!["digest"]}", (string)layer["digest"]!, "*/*");
                if (Status(content) is { } status) packages = Packages(status);
            }
            var found = new JsonArray();
            foreach (var (package, mended, id, severity) in Known)
                if (packages.TryGetValue(package, out var version) && await IsBefore(version, mended))
                    found.Add(new JsonObject
                    {
                        ["id"] = id, ["package"] = package, ["version"] = version, ["fix_version"] = mended, ["severity"] = severity, ["description"] = $"Something in {package}.\nMore.",
                        ["links"] = new JsonArray($"https://security-tracker.debian.org/tracker/{id}"), ["layer"] = new JsonObject { ["digest"] = "x" }, ["preferred_cvss"] = new JsonObject { ["score_v3"] = 7.5 },
                        ["vendor_attributes"] = new JsonObject { ["CVSS"] = new JsonObject { ["nvd"] = new JsonObject { ["V3Score"] = 7.5 } } },
                    });
            var report = new JsonObject
            {
                ["generated_at"] = "2026-11-28T10:00:00Z", ["artifact"] = artifact.DeepClone(), ["scanner"] = new JsonObject { ["name"] = "Dpkg", ["vendor"] = "Tests", ["version"] = "1.2.3" },
            };
            // As Trivy's does, it says nothing where nothing was found.
            if (found.Count > 0) (report["severity"], report["vulnerabilities"]) = ((string)found[0]!["severity"]!, found);
            return report;
        }
        finally
        {
            lock (_scans) _working--;
        }
    }

    async Task<byte[]> Pull(JsonNode registry, string path, string digest, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{registry["url"]}/v2/{path}");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if ((string?)registry["authorization"] is { } authorization) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await _http.SendAsync(request);
        var content = await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode != HttpStatusCode.OK) throw new InvalidOperationException($"GET {path}: {(int)answer.StatusCode}");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)) == digest ? content : throw new InvalidOperationException($"{path} is not {digest}");
    }

    static string? Status(byte[] layer)
    {
        Stream stream = new MemoryStream(layer);
        if (layer is [0x1f, 0x8b, ..]) stream = new GZipStream(stream, CompressionMode.Decompress);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
            if (entry.Name == "var/lib/dpkg/status" && entry.DataStream is { } data) return new StreamReader(data).ReadToEnd();
        return null;
    }

    static Dictionary<string, string> Packages(string status)
    {
        var packages = new Dictionary<string, string>();
        foreach (var paragraph in status.Split("\n\n"))
        {
            string? Field(string name) => paragraph.Split('\n').FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];
            if (Field("Package") is { } package && Field("Version") is { } version) packages[package] = version;
        }
        return packages;
    }

    static async Task<bool> IsBefore(string version, string mended)
    {
        using var dpkg = Process.Start("dpkg", ["--compare-versions", version, "lt", mended]);
        await dpkg.WaitForExitAsync();
        return dpkg.ExitCode == 0;
    }
}

/// <summary>Images of Debian packages.</summary>
static class PackagedImage
{
    public const string Docker = "application/vnd.docker.distribution.manifest.v2+json";

    /// <summary>Pushes an image with these packages (name=version) in a layer of its own, above one with other files; returns its digest.</summary>
    public static async Task<string> PushPackages(this HttpClient client, string repository, string reference, string[] packages, string architecture = "amd64", string mediaType = Client.OciImage)
    {
        var manifest = await client.ImageOf(repository, packages, architecture, mediaType);
        var digest = Client.Announce(Encoding.UTF8.GetBytes(manifest));
        (await client.PutManifest(repository, reference.Length == 0 ? digest : reference, manifest, mediaType)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }

    static async Task<string> ImageOf(this HttpClient client, string repository, string[] packages, string architecture, string mediaType)
    {
        var status = string.Join("\n\n", packages.Select(package => $"Package: {package.Split('=')[0]}\nStatus: install ok installed\nArchitecture: {architecture}\nVersion: {package.Split('=')[1]}")) + "\n\n";
        var (below, above) = (Tar(("etc/hostname", "x"), ("var/lib/dpkg/status", "Package: base\nVersion: 1\n\n")), Tar(("var/lib/dpkg/status", status)));
        var config = await client.PushBlob(repository, Encoding.UTF8.GetBytes($$"""{"os":"linux","architecture":"{{architecture}}","rootfs":{"type":"layers","diff_ids":[]},"history":[]}"""));
        var layers = new[] { await client.PushBlob(repository, below), await client.PushBlob(repository, above) };
        var docker = mediaType == Docker;
        return $$"""
            {"schemaVersion":2,"mediaType":"{{mediaType}}","config":{"mediaType":"{{(docker ? "application/vnd.docker.container.image.v1+json" : "application/vnd.oci.image.config.v1+json")}}","digest":"{{config}}","size":{{Client.SizeOf(config)}}},
            "layers":[{{string.Join(",", layers.Select(layer => $$"""{"mediaType":"{{(docker ? "application/vnd.docker.image.rootfs.diff.tar.gzip" : "application/vnd.oci.image.layer.v1.tar+gzip")}}","digest":"{{layer}}","size":{{Client.SizeOf(layer)}}}"""))}}]}
            """;
    }

    public static async Task<string> PushIndex(this HttpClient client, string repository, string tag, params (string Digest, string Os, string Architecture)[] entries)
    {
        var index = $$"""
            {"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{{string.Join(",", entries.Select(entry =>
                $$"""{"mediaType":"{{Client.OciImage}}","digest":"{{entry.Digest}}","size":{{Client.SizeOf(entry.Digest)}},"platform":{"os":"{{entry.Os}}","architecture":"{{entry.Architecture}}"} }"""))}}]}
            """;
        var pushed = await client.PutManifest(repository, tag, index, Client.OciIndex);
        pushed.StatusCode.ShouldBe(HttpStatusCode.Created, await pushed.Text());
        return Client.Sha256(Encoding.UTF8.GetBytes(index));
    }

    static byte[] Tar(params (string Name, string Content)[] files)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            foreach (var (name, content) in files) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), ModificationTime = DateTimeOffset.UnixEpoch });
        return packed.ToArray();
    }
}
