using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Scenarios.Tests;

/// <summary>The clients that people have push to the registry, pull from it, and find what another one has pushed.</summary>
public sealed class ClientScenarios(SlipwayProcess shared)
{
    const string OciImage = "application/vnd.oci.image.manifest.v1+json", OciIndex = "application/vnd.oci.image.index.v1+json";
    const string DockerImage = "application/vnd.docker.distribution.manifest.v2+json";

    [Fact]
    public async Task Docker_PushesAndPulls_AndPushesAgainWithoutUploading()
    {
        await using var clients = new Clients(shared);
        var image = $"{clients.Registry}/clients/docker:v1";
        await clients.Docker("build", "-q", "-t", image, clients.BuildFolder(300_000, 5_000_000));
        await clients.Docker("push", "-q", image);
        var pushed = await Manifest("clients/docker", "v1");
        pushed.MediaType.ShouldBe(DockerImage);
        await clients.Docker("push", "-q", image);
        (await Manifest("clients/docker", "v1")).Digest.ShouldBe(pushed.Digest);
        await clients.Docker("tag", image, $"{clients.Registry}/clients/copy:v1");
        await clients.Docker("push", "-q", $"{clients.Registry}/clients/copy:v1");
        await clients.Docker("image", "rm", image, $"{clients.Registry}/clients/copy:v1");
        await clients.Docker("pull", "-q", $"{clients.Registry}/clients/copy:v1");
        await clients.Docker("tag", $"{clients.Registry}/clients/copy:v1", image);
        (await Manifest("clients/copy", "v1")).Digest.ShouldBe(pushed.Digest);
    }

    [Fact]
    public async Task BuildahAndPodman_PushZstdLayers_AndAMultiPlatformIndex()
    {
        await using var clients = new Clients(shared);
        var registry = clients.Registry;
        // Layers as zstd: the first push of a layer, because these clients reuse what they know to be in a registry.
        await clients.Buildah(remote: false, ["bud"], "-q", "--isolation", "chroot", "-t", $"{registry}/clients/zstd:v1", clients.BuildFolder(400_000));
        await clients.Podman("push", "-q", "--format", "oci", "--compression-format", "zstd", $"{registry}/clients/zstd:v1");
        var zstd = await Manifest("clients/zstd", "v1");
        zstd.MediaType.ShouldBe(OciImage);
        ((string)zstd.Json["layers"]![0]!["mediaType"]!).ShouldBe("application/vnd.oci.image.layer.v1.tar+zstd");

        await clients.Buildah(remote: false, ["bud"], "-q", "--isolation", "chroot", "-t", $"{registry}/clients/arm:v1", clients.BuildFolder(200_000));
        await clients.Buildah(remote: true, ["push"], "-q", $"{registry}/clients/arm:v1");
        await clients.Buildah(remote: false, ["manifest", "create"], "platforms");
        await clients.Buildah(remote: true, ["manifest", "add", "--arch", "amd64"], "platforms", $"docker://{registry}/clients/zstd:v1");
        await clients.Buildah(remote: true, ["manifest", "add", "--arch", "arm64"], "platforms", $"docker://{registry}/clients/arm:v1");
        await clients.Buildah(remote: true, ["manifest", "push", "--all"], "platforms", $"docker://{registry}/clients/platforms:v1");
        var index = await Manifest("clients/platforms", "v1");
        index.MediaType.ShouldBe(OciIndex);
        index.Json["manifests"]!.AsArray().Count.ShouldBe(2);

        await clients.Copy("--all", $"docker://{registry}/clients/platforms:v1", $"docker://{registry}/clients/platforms-copy:v1");
        (await Manifest("clients/platforms-copy", "v1")).Digest.ShouldBe(index.Digest);
        await clients.Podman("pull", "-q", $"{registry}/clients/zstd:v1");
        await clients.Podman("pull", "-q", "--arch", "arm64", $"{registry}/clients/platforms:v1");
    }

    [Fact]
    public async Task Skopeo_ConvertsInspectsListsSyncsAndDeletes()
    {
        await using var clients = new Clients(shared);
        var registry = clients.Registry;
        var built = $"{registry}/clients/skopeo:docker";
        await clients.Docker("build", "-q", "-t", built, clients.BuildFolder(300_000));
        await clients.Docker("push", "-q", built);
        await clients.Copy("--format", "oci", $"docker://{built}", $"docker://{registry}/clients/skopeo:oci");
        await clients.Copy("--format", "v2s2", $"docker://{registry}/clients/skopeo:oci", $"docker://{registry}/clients/skopeo:v2s2");
        (await Manifest("clients/skopeo", "oci")).MediaType.ShouldBe(OciImage);
        (await Manifest("clients/skopeo", "v2s2")).MediaType.ShouldBe(DockerImage);
        var refused = await clients.TryCopy("--format", "v2s1", $"docker://{registry}/clients/skopeo:oci", $"docker://{registry}/clients/skopeo:v2s1");
        refused.ExitCode.ShouldNotBe(0);
        refused.Errors.ShouldContain("manifest invalid");

        JsonNode.Parse(await clients.Skopeo("list-tags", $"docker://{registry}/clients/skopeo"))!["Tags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(["docker", "oci", "v2s2"]);
        JsonNode.Parse(await clients.Skopeo("inspect", $"docker://{registry}/clients/skopeo:oci"))!["Digest"]!.GetValue<string>().ShouldBe((await Manifest("clients/skopeo", "oci")).Digest);
        var synced = clients.Folder("synced");
        await clients.Sync("src", "--src", "docker", "--dest", "dir", "--scoped", $"{registry}/clients/skopeo", synced);
        await clients.Sync("dest", "--src", "dir", "--dest", "docker", Path.Combine(synced, registry, "clients"), $"{registry}/clients/synced");
        (await Manifest("clients/synced/skopeo", "oci")).Digest.ShouldBe((await Manifest("clients/skopeo", "oci")).Digest);

        // skopeo deletes the manifest, and with it every tag that points to it.
        await clients.Skopeo("delete", $"docker://{registry}/clients/skopeo:oci");
        JsonNode.Parse(await clients.Skopeo("list-tags", $"docker://{registry}/clients/skopeo"))!["Tags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(["docker", "v2s2"]);
    }

    [Fact]
    public async Task Containerd_PullsAndPushes()
    {
        await using var clients = new Clients(shared);
        var (source, target) = ($"{clients.Registry}/clients/containerd:v1", $"{clients.Registry}/clients/containerd-copy:v1");
        await clients.Docker("build", "-q", "-t", source, clients.BuildFolder(300_000));
        await clients.Docker("push", "-q", source);
        await clients.Ctr(remote: true, ["images", "pull"], "--snapshotter", "native", source);
        await clients.Ctr(remote: false, ["images", "tag"], source, target);
        await clients.Ctr(remote: true, ["images", "push"], target);
        (await Manifest("clients/containerd-copy", "v1")).Digest.ShouldBe((await Manifest("clients/containerd", "v1")).Digest);
    }

    /// <summary>What one client attaches, every other one finds: an SBOM that refers to docker's image, and goes with it.</summary>
    [Fact]
    public async Task Artifact_AttachedToDockersImage_IsFoundByItsSubject()
    {
        await using var clients = new Clients(shared);
        var image = $"{clients.Registry}/clients/attached:v1";
        await clients.Docker("build", "-q", "-t", image, clients.BuildFolder(100_000));
        await clients.Docker("push", "-q", image);
        var subject = await Manifest("clients/attached", "v1");
        using var http = Http();
        var sbom = await Push(http, "clients/attached", Encoding.UTF8.GetBytes($"{{\"of\":\"{subject.Digest}\"}}"));
        var config = await Push(http, "clients/attached", "{}"u8.ToArray());
        var manifest = $$"""
            {"schemaVersion":2,"mediaType":"{{OciImage}}","artifactType":"application/spdx+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{config.Digest}}","size":{{config.Size}}},
            "layers":[{"mediaType":"application/spdx+json","digest":"{{sbom.Digest}}","size":{{sbom.Size}}}],"subject":{"mediaType":"{{subject.MediaType}}","digest":"{{subject.Digest}}","size":{{subject.Size}} } }
            """;
        using var content = new StringContent(manifest, new MediaTypeHeaderValue(OciImage));
        var created = await http.PutAsync("clients/attached/manifests/sbom", content);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        created.Headers.GetValues("OCI-Subject").ShouldBe([subject.Digest]);

        var referrers = JsonNode.Parse(await http.GetStringAsync($"clients/attached/referrers/{subject.Digest}?artifactType=application%2Fspdx%2Bjson"))!;
        referrers["manifests"]!.AsArray().Count.ShouldBe(1);
        var layout = clients.Folder("layout");
        await clients.Copy($"docker://{clients.Registry}/clients/attached:sbom", $"oci:{layout}:sbom");
        File.Exists(Path.Combine(layout, "blobs", "sha256", sbom.Digest[7..])).ShouldBeTrue();
    }

    [Fact]
    public async Task DockerPush_ServerKilledInTheMiddle_EndsWhenTheServerIsBack()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        await using var clients = new Clients(slipway);
        var image = $"{clients.Registry}/clients/killed:v1";
        await clients.Docker("build", "-q", "-t", image, clients.BuildFolder(60_000_000, 60_000_000));
        using var push = await clients.StartDocker("push", image);
        var result = Shell.Finish(push);
        await SlipwayProcess.Until(() => Task.FromResult(push.HasExited || Arriving(slipway) > 5_000_000), "the push is under way");
        slipway.Kill("server");
        // docker tries a layer again, five times and for longer each time; the watcher starts the server at once.
        (await result).ExitCode.ShouldBe(0, (await result).All + slipway.Logs());
        await clients.Docker("image", "rm", image);
        await clients.Docker("pull", "-q", image);
        await clients.Docker("tag", image, image + "-again");
    }

    static long Arriving(SlipwayProcess slipway) =>
        new DirectoryInfo(Path.Combine(slipway.Data, "registry", "uploads")).EnumerateFiles().Sum(file => file.Exists ? file.Length : 0);

    HttpClient Http()
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://{shared.Listen}/v2/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shared.Token);
        return http;
    }

    async Task<PushedManifest> Manifest(string repository, string reference)
    {
        using var http = Http();
        var response = await http.GetAsync($"{repository}/manifests/{reference}");
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return new PushedManifest(
            response.Headers.GetValues("Docker-Content-Digest").Single(), response.Content.Headers.ContentType!.MediaType!, response.Content.Headers.ContentLength!.Value, JsonNode.Parse(text)!);
    }

    static async Task<(string Digest, int Size)> Push(HttpClient http, string repository, byte[] bytes)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        using var content = new ByteArrayContent(bytes);
        (await http.PostAsync($"{repository}/blobs/uploads/?digest={digest}", content)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return (digest, bytes.Length);
    }

    sealed record PushedManifest(string Digest, string MediaType, long Size, JsonNode Json);
}
