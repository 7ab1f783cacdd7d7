using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Slipway.Bench.Registry;

/// <summary>Debian's docker-registry, with the filesystem driver and without authentication, which it would only be slower with.</summary>
sealed class DockerRegistryPeer : Peer
{
    string _root = "", _config = "";

    public override string Name => "docker-registry";

    string Repositories => Path.Combine(_root, "docker/registry/v2/repositories");

    public static async Task<DockerRegistryPeer> Start(string work)
    {
        var (root, config, address) = (Path.Combine(work, "docker-registry"), Path.Combine(work, "docker-registry.yml"), $"127.0.0.1:{FreePort()}");
        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync(config,
            $$"""
            version: 0.1
            log:
              level: error
              accesslog:
                disabled: true
            storage:
              cache:
                blobdescriptor: inmemory
              filesystem:
                rootdirectory: {{root}}
              delete:
                enabled: true
            http:
              addr: "{{address}}"
            """);
        var process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var http = Client(address, null);
        await Ready(http, "/v2/", process);
        return new DockerRegistryPeer { Process = process, Address = address, Http = http, _root = root, _config = config };
    }

    // What a push leaves on its disk, written there at once: by pushing it would take minutes.
    public override async Task HaveTags(string repository, string digest, byte[] manifest, int count)
    {
        await PutManifest(repository, "first", manifest, OciIndex);
        for (var number = 0; number < count; number++)
            Link(Path.Combine(Repositories, repository, "_manifests/tags", string.Create(CultureInfo.InvariantCulture, $"t{number:D6}"), "current"), digest);
    }

    public override async Task HaveRepositories(string digest, byte[] manifest, int count)
    {
        await PutManifest("catalog/first", "first", manifest, OciIndex);
        for (var number = 0; number < count; number++)
        {
            var folder = Path.Combine(Repositories, string.Create(CultureInfo.InvariantCulture, $"catalog/r{number:D6}"), "_manifests");
            Link(Path.Combine(folder, "revisions/sha256", digest[7..]), digest);
            Directory.CreateDirectory(Path.Combine(folder, "tags"));
        }
    }

    public override Task HaveBlobs(string repository, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var content = Encoding.ASCII.GetBytes($"garbage {number}");
            var hex = Bytes.Digest(content)[7..];
            var folder = Path.Combine(_root, "docker/registry/v2/blobs/sha256", hex[..2], hex);
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, "data"), content);
            Link(Path.Combine(Repositories, repository, "_layers/sha256", hex), "sha256:" + hex);
        }
        return Task.CompletedTask;
    }

    public override async Task<int> Collect()
    {
        var process = Process.Start(new ProcessStartInfo("docker-registry", ["garbage-collect", _config]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var gone = 0;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            if (line.StartsWith("blob eligible for deletion", StringComparison.Ordinal)) gone++;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? gone : throw new InvalidOperationException($"docker-registry garbage-collect: {await errors}");
    }

    static void Link(string folder, string digest)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "link"), digest);
    }
}
