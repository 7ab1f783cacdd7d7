using System.Diagnostics;
using System.Globalization;
using Slipway.Scenarios.Tests.ZeroLoss;

namespace Slipway.Scenarios.Tests;

/// <summary>The engine goes away and comes back. It is one of its own, so that nobody else's containers are hurt.</summary>
public sealed class EngineScenarios(SlipwayProcess shared)
{
    [Fact]
    public async Task Engine_KilledAndStartedAgain_LosesNothingWhereContainersLive_AndAppsComeBackWhereTheyDoNot()
    {
        await shared.HaveBaseImage();
        await using var engine = await PrivateEngine.Start();
        await using var slipway = new SlipwayProcess { DockerHost = engine.Address };
        await slipway.InitializeAsync();
        using var app = new TestApp("blue-green", replicas: 2);
        await slipway.Deployed(app);
        await slipway.Deployed(app.Become("2"));

        // As 'slipway engine start' starts it, with live-restore: containers go on without it, and nobody notices.
        await using (var load = new MixedLoad(slipway, app))
        {
            await load.Round();
            await engine.Kill(containers: false);
            await load.Round();
            await engine.StartAgain(liveRestore: true);
            await slipway.Do("promote", app.Name);
            await load.Round();
            load.ForgetVersions();
            await load.Round();
            load.Versions.Keys.ShouldBe(["2"]);
            await load.Leave();
            load.NobodyFailed();
        }

        // With the containers what is in flight is gone; what comes back comes back by itself.
        await engine.Kill(containers: true);
        var rollback = slipway.Try("rollback", app.Name);
        await engine.StartAgain(liveRestore: false);

        // Asked for while there was no engine: it may have been carried out, or not; it is never half done.
        await rollback;
        await SlipwayProcess.Until(async () =>
        {
            using var visitor = slipway.Visitor();
            return (await visitor.GetAsync($"http://{app.Host}/")).IsSuccessStatusCode;
        }, $"the app answers again\n{slipway.Logs()}", seconds: 120);
        await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["services"]![0]!["ready"]!.GetValue<int>() == 2, "both instances are ready");
        if ((await rollback).ExitCode != 0) await slipway.Do("rollback", app.Name);
        using var visitor = slipway.Visitor();
        (await visitor.GetStringAsync($"http://{app.Host}/")).ShouldBe("1");
        (await slipway.List($"apps/{app.Name}/instances")).Count.ShouldBe(4);
    }

    /// <summary>A dockerd with folders, socket and containerd of its own.</summary>
    sealed class PrivateEngine : IAsyncDisposable
    {
        readonly string _folder = Path.Combine(Path.GetTempPath(), "slipway-scenarios", $"engine-{Guid.NewGuid().ToString("N")[..8]}");
        Process? _process;

        public string Address => $"unix://{_folder}/docker.sock";

        public static async Task<PrivateEngine> Start()
        {
            var engine = new PrivateEngine();
            Directory.CreateDirectory(engine._folder);
            await engine.StartAgain(liveRestore: true);
            // The image of the scenario's app builds on this one; making it anew would take longer than handing it over.
            await Shell($"docker save debian:bookworm-slim | docker -H {engine.Address} load");
            return engine;
        }

        /// <summary>
        /// Builds need the default network, and a dockerd that is given another bridge deletes docker0 under the machine's engine: it takes part in docker0,
        /// with a range of addresses to itself. It has no address pool of its own: with one, a dockerd that comes up a second time makes docker0 anew, and the
        /// machine's engine has no way out any more. Networks of its own choose addresses that no route of the machine has.
        /// </summary>
        public async Task StartAgain(bool liveRestore)
        {
            File.Delete(Path.Combine(_folder, "docker.pid"));
            var start = new ProcessStartInfo("bash",
            [
                "-c",
                $"exec dockerd --data-root {_folder}/data --exec-root {_folder}/exec --pidfile {_folder}/docker.pid -H {Address} --bridge docker0 --fixed-cidr $(ip -4 -o addr show docker0 | grep -oE '[0-9]+[.][0-9]+' | head -n 1).200.0/24 "
                    + $"{(liveRestore ? "--live-restore " : "")}>>{_folder}/dockerd.log 2>&1",
            ]);
            _process = Process.Start(start)!;
            await SlipwayProcess.Until(async () => await Exit($"docker -H {Address} version") == 0, "the private engine answers", 60);
        }

        /// <param name="containers">With its containerd, and until both are gone: a dockerd that comes up while the old containerd is dying waits for it in vain.</param>
        public async Task Kill(bool containers)
        {
            var containerd = int.Parse((await File.ReadAllTextAsync(Path.Combine(_folder, "exec", "containerd", "containerd.pid"))).Trim(), CultureInfo.InvariantCulture);
            _process!.Kill();
            await _process.WaitForExitAsync();
            if (!containers) return;
            await Exit($"kill -9 {containerd}");
            await SlipwayProcess.Until(() => Task.FromResult(!Directory.Exists($"/proc/{containerd}")), "the engine's containerd is gone");
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process!.HasExited)
            {
                await Shell($"ids=$(docker -H {Address} ps -aq); [ -z \"$ids\" ] || docker -H {Address} rm -f $ids");
                await Shell($"kill {_process.Id}");
                await _process.WaitForExitAsync();
            }
            _process.Dispose();
            await Shell($"grep -oE '{_folder}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_folder}");
        }

        static async Task Shell(string command) => (await Exit(command)).ShouldBe(0, command);

        static async Task<int> Exit(string command)
        {
            using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            await Task.WhenAll(output, errors);
            return process.ExitCode;
        }
    }
}
