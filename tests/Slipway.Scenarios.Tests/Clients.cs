using System.Diagnostics;

namespace Slipway.Scenarios.Tests;

/// <summary>docker, podman, buildah, skopeo and containerd, each with folders of its own, logged in to one registry.</summary>
sealed class Clients(SlipwayProcess slipway) : IAsyncDisposable
{
    readonly string _folder = Path.Combine(Path.GetTempPath(), "slipway-scenarios", $"clients-{Guid.NewGuid().ToString("N")[..8]}");
    readonly List<string> _dockerImages = [];
    Process? _containerd;

    public string Registry => slipway.Listen;

    string Credential => $"admin:{slipway.Token}";

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>A folder whose Dockerfile makes an image of its own: layers that no registry or cache of this machine has seen.</summary>
    /// <param name="sizes">Bytes of each layer.</param>
    public string BuildFolder(params int[] sizes)
    {
        var folder = Folder($"build-{Guid.NewGuid().ToString("N")[..8]}");
        var random = new Random();
        var lines = new List<string> { "FROM scratch" };
        for (var i = 0; i < sizes.Length; i++)
        {
            var bytes = new byte[sizes[i]];
            random.NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(folder, $"layer{i}"), bytes);
            lines.Add($"COPY layer{i} /layer{i}");
        }
        File.WriteAllLines(Path.Combine(folder, "Dockerfile"), [.. lines, "ENTRYPOINT [\"/layer0\"]"]);
        return folder;
    }

    public async Task Docker(params string[] arguments)
    {
        if (arguments is ["build" or "tag", .., _]) _dockerImages.AddRange(arguments.Where(argument => argument.StartsWith(Registry + "/", StringComparison.Ordinal)));
        await LogIn();
        await Shell.Do("docker", ["--config", Folder("docker"), .. arguments]);
    }

    public async Task<Process> StartDocker(params string[] arguments)
    {
        await LogIn();
        return Shell.Start("docker", ["--config", Folder("docker"), .. arguments]);
    }

    public Task<string> Podman(string command, params string[] arguments) => Shell.Do(
        "podman",
        ["--root", Folder("storage"), "--runroot", Folder("run"), "--tmpdir", Folder("podman"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
            command, "--tls-verify=false", "--creds", Credential, .. arguments]);

    /// <param name="remote">Whether the command speaks to the registry.</param>
    public Task<string> Buildah(bool remote, string[] command, params string[] arguments) => Shell.Do(
        "buildah", ["--root", Folder("storage"), "--runroot", Folder("run"), "--storage-driver", "vfs", .. command, .. remote ? new[] { "--tls-verify=false", "--creds", Credential } : [], .. arguments]);

    /// <summary>One registry on one side.</summary>
    public Task<string> Skopeo(string command, params string[] arguments) =>
        Shell.Do("skopeo", ["--insecure-policy", command, "--tls-verify=false", "--creds", Credential, .. arguments]);

    public Task<CliResult> TryCopy(params string[] arguments) => Shell.Try(
        "skopeo",
        ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", Credential, "--dest-creds", Credential, .. arguments]);

    public async Task Copy(params string[] arguments)
    {
        var copied = await TryCopy(arguments);
        copied.ExitCode.ShouldBe(0, $"skopeo copy {string.Join(' ', arguments)}\n{copied.All}");
    }

    /// <param name="from">Which side the registry is on: "src" or "dest".</param>
    public Task<string> Sync(string from, params string[] arguments) =>
        Shell.Do("skopeo", ["--insecure-policy", "sync", $"--{from}-tls-verify=false", $"--{from}-creds", Credential, .. arguments]);

    /// <summary>ctr against a containerd of the scenario's own.</summary>
    /// <param name="remote">Whether the command speaks to the registry.</param>
    public async Task<string> Ctr(bool remote, string[] command, params string[] arguments)
    {
        if (_containerd is null) await StartContainerd();
        return await Shell.Do(
            "ctr", ["--address", Path.Combine(Folder("containerd"), "sock"), "--namespace", "slipway", .. command, .. remote ? new[] { "--plain-http", "--user", Credential } : [], .. arguments]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_containerd is not null)
        {
            _containerd.Kill();
            await _containerd.WaitForExitAsync();
            _containerd.Dispose();
        }
        foreach (var image in _dockerImages.Distinct()) await Shell.Try("docker", "image", "rm", image);
        await Shell.Try("bash", "-c", $"grep -oE '{_folder}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_folder}");
    }

    async Task LogIn()
    {
        var config = Path.Combine(Folder("docker"), "config.json");
        if (File.Exists(config)) return;
        var credential = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Credential));
        await File.WriteAllTextAsync(config, $$"""{"auths": {"{{Registry}}": {"auth": "{{credential}}"} } }""");
    }

    async Task StartContainerd()
    {
        var folder = Folder("containerd");
        await File.WriteAllTextAsync(Path.Combine(folder, "config.toml"), $"""
            version = 2
            root = "{folder}/root"
            state = "{folder}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
            [grpc]
              address = "{folder}/sock"
            """);
        _containerd = Process.Start(new ProcessStartInfo("bash", ["-c", $"exec containerd --config {folder}/config.toml >{folder}/log 2>&1"]))!;
        await SlipwayProcess.Until(async () => (await Shell.Try("ctr", "--address", $"{folder}/sock", "version")).ExitCode == 0, "containerd answers");
    }
}
