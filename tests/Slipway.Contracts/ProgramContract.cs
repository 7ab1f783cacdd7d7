using System.Globalization;
using Shouldly;
using Slipway.Engines;
using Slipway.Model;
using Xunit;

namespace Slipway.Contracts;

/// <summary>
/// What the programs in the instances see and write: for engines that really run them, beside <see cref="EngineContract"/>.
/// The image has busybox's applets in /bin, and the engine runs on this machine.
/// </summary>
public abstract class ProgramContract : EngineTests
{
    const string Forever = "sleep 3600";

    [Fact]
    public async Task Program_Configured_SeesWhatTheServiceSays()
    {
        var lines = await Output(Shell("echo $0 $1; echo $GREETING; id -u; pwd; hostname; cat /etc/hosts | grep -c 10.9.8.7; ulimit -n; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d ' ' -f 2", "first", "second") with
        {
            Environment = new Dictionary<string, string> { ["GREETING"] = "a=b \"c\" $d" },
            User = "1234",
            WorkingDirectory = "/etc",
            Hostname = "named",
            ExtraHosts = ["else.where=10.9.8.7"],
            Ulimits = new Dictionary<string, UlimitModel> { ["nofile"] = new(77, 77) },
            ShmSize = 8 << 20,
        }, count: 8);

        lines.ShouldBe(["first second", "a=b \"c\" $d", "1234", "/etc", "named", "1", "77", "8192"]);
    }

    [Fact]
    public async Task Program_Mounts_AreWhereAndAsTheyWereAskedFor()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-contract-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "secret"), "hidden", Cancel);
        try
        {
            var lines = await Output(Shell("cat /run/secrets/key; echo; echo x > /run/secrets/key || echo read-only; echo y > /made/file && cat /made/file; echo z > /ro/file || echo read-only; grep -c ' /scratch tmpfs ' /proc/mounts") with
            {
                Files = [new() { Name = "key", Source = Path.Combine(folder, "secret"), Target = "/run/secrets/key", IsSecret = true }],
                Mounts =
                [
                    new() { Kind = MountKind.Bind, Source = Path.Combine(folder, "made"), Target = "/made", CreateHostPath = true },
                    new() { Kind = MountKind.Bind, Source = folder, Target = "/ro", ReadOnly = true },
                    new() { Kind = MountKind.Tmpfs, Target = "/scratch", TmpfsSize = 1 << 20 },
                ],
            }, count: 5, LogStream.Out);

            lines.ShouldBe(["hidden", "read-only", "y", "read-only", "1"]);
            (await File.ReadAllTextAsync(Path.Combine(folder, "made", "file"), Cancel)).ShouldBe("y\n");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Program_NotRoot_ReadsASecretThatNobodyElseOnTheMachineReaches()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-contract-").FullName;
        var secret = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(secret, "hidden", Cancel);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        try
        {
            var lines = await Output(Shell("id -u; cat /run/secrets/key; echo") with
            {
                User = "65534",
                Files = [new() { Name = "key", Source = secret, Target = "/run/secrets/key", IsSecret = true }],
            }, count: 2);

            lines.ShouldBe(["65534", "hidden"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Volume_RemoveAndApply_KeepsItsData()
    {
        var app = NewApp();
        var volume = new VolumeModel { Name = $"{app}_data" };
        var workload = Workload(app, "store", container: Shell($"echo $(cat /data/count 2>/dev/null)x >> /data/count; cat /data/count | wc -l; {Forever}") with
        {
            Mounts = [new() { Kind = MountKind.Volume, Source = volume.Name, Target = "/data" }],
        }) with { Volumes = [volume] };
        await Engine.Apply(workload, Cancel);
        (await Lines(workload, 1)).ShouldBe(["1"]);
        await Engine.Remove((await Only(workload)).Id, Cancel);
        await Engine.Sweep(app, null, volumes: false, Cancel);

        await Engine.Apply(workload, Cancel);
        (await Lines(workload, 1)).ShouldBe(["2"]);

        await Engine.Remove((await Only(workload)).Id, Cancel);
        await Engine.Sweep(app, null, volumes: true, Cancel);
        await Engine.Apply(workload, Cancel);
        (await Lines(workload, 1)).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Names_WithinASlot_AreFoundAndOnlyThere()
    {
        var app = NewApp();
        Workload Db(Slot slot) => Workload(app, $"db-{slot.Name}", slot: slot) with { Networks = [Network(app, slot, "db", $"only-{slot.Name}")] };
        await Engine.Apply(Db(Slot.Blue), Cancel);
        await Engine.Apply(Db(Slot.Green), Cancel);
        var (blue, green) = (await Only(Db(Slot.Blue)), await Only(Db(Slot.Green)));
        var client = Workload(app, "client", container: Shell($"nslookup db; nslookup only-green || echo none; echo end; {Forever}"));

        await Engine.Apply(client, Cancel);

        var answer = string.Join('\n', await Until(client, "end"));
        answer.ShouldContain(blue.Addresses.Values.Single());
        answer.ShouldNotContain(green.Addresses.Values.Single());
        answer.ShouldContain("none");
    }

    [Fact]
    public async Task HealthCheck_PassesThenFails_IsReported()
    {
        var workload = Workload(NewApp(), "web", container: Shell($"touch /tmp/well; {Forever}") with
        {
            HealthCheck = new() { Test = ["CMD-SHELL", "test -f /tmp/well && rm /tmp/well"], Interval = TimeSpan.FromMilliseconds(300), Timeout = TimeSpan.FromSeconds(5), Retries = 1 },
        });

        await Engine.Apply(workload, Cancel);

        (await Only(workload)).Health.ShouldNotBe(InstanceHealth.None);
        await Eventually(async () => (await Only(workload)).Health == InstanceHealth.Unhealthy, "the instance is not reported unhealthy");
    }

    [Fact]
    public async Task Program_EndsByItself_IsReportedWithItsCode()
    {
        var workload = Workload(NewApp(), "job", container: Shell("exit 7"));

        await Engine.Apply(workload, Cancel);

        await Eventually(async () => (await Only(workload)).State == InstanceState.Exited, "the instance has not ended");
        (await Only(workload)).ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task Job_EndsByItself_RanOnceAmongItsServicesAndIsReportedWithCodeAndOutput()
    {
        var app = NewApp();
        var db = Workload(app, "db");
        await Engine.Apply(db, Cancel);
        var job = Workload(app, "web", container: Shell("nslookup db > /dev/null && echo found; echo ran; exit 7")) with { Job = 1, Networks = [Network(app, Slot.Blue)] };
        await Engine.Make(job, Cancel);
        await Engine.StartOnce((await Only(job)).Id, Cancel);
        await Eventually(async () => (await Only(job)).State == InstanceState.Exited, "the job has not ended");

        await Engine.StartOnce((await Only(job)).Id, Cancel);
        await Engine.Make(job, Cancel);

        var ended = await Only(job);
        (ended.State, ended.ExitCode, ended.Job).ShouldBe((InstanceState.Exited, 7, 1));
        (ended.Finished - ended.Started).ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
        (await Read(ended, new())).Select(line => line.Text).ShouldBe(["found", "ran"]);
    }

    [Fact]
    public async Task Job_CantBeStarted_IsRefusedWithTheReasonAndHasNotRun()
    {
        var job = Workload(NewApp(), "web", container: new() { Command = ["no-such-program"] }) with { Job = 1 };
        await Engine.Make(job, Cancel);
        var made = await Only(job);

        (await Should.ThrowAsync<EngineException>(() => Engine.StartOnce(made.Id, Cancel))).Message.ShouldContain("no-such-program");

        (await Only(job)).State.ShouldBe(InstanceState.Created);
    }

    [Fact]
    public async Task Program_CantBeStarted_IsRefusedAndObservedWithTheReason()
    {
        var workload = Workload(NewApp(), "web", container: new() { Command = ["no-such-program"] });

        var refusal = await Should.ThrowAsync<EngineException>(() => Engine.Apply(workload, Cancel));

        refusal.Message.ShouldContain("no-such-program");
        var instance = await Only(workload);
        instance.State.ShouldNotBe(InstanceState.Running);
        instance.Error.ShouldNotBeNull().ShouldContain("no-such-program");
    }

    [Fact]
    public async Task Logs_AfterStop_AreStillThereInOrderWithTheirStreams()
    {
        var workload = Workload(NewApp(), "web", container: Shell($"echo one; echo two >&2; echo; printf 'ünï\\n'; {Forever}"));
        await Engine.Apply(workload, Cancel);
        await Lines(workload, 4);
        await Engine.Stop((await Only(workload)).Id, Cancel);

        var lines = await Read(await Only(workload), new());

        lines.Where(l => l.Stream == LogStream.Out).Select(l => l.Text).ShouldBe(["one", "", "ünï"]);
        lines.Where(l => l.Stream == LogStream.Error).Select(l => l.Text).ShouldBe(["two"]);
        lines.ShouldAllBe(l => l.Service == "web" && l.Instance == $"{workload.App}.web.v1.1");
        // Between the two streams the engine promises no order.
        lines.Where(l => l.Stream == LogStream.Out).Select(l => l.Time).ShouldBeInOrder();
    }

    [Fact]
    public async Task Logs_TailAndSince_GiveOnlyTheLast()
    {
        var workload = Workload(NewApp(), "web", container: Shell($"for n in 1 2 3 4 5; do echo $n; done; {Forever}"));
        await Engine.Apply(workload, Cancel);
        await Lines(workload, 5);
        var instance = await Only(workload);
        var all = await Read(instance, new());

        (await Read(instance, new() { Tail = 2 })).Select(l => l.Text).ShouldBe(["4", "5"]);
        (await Read(instance, new() { Since = all[2].Time })).Select(l => l.Text).ShouldBe(["3", "4", "5"]);
        (await Read(instance, new() { Since = all[4].Time.AddTicks(1) })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Logs_LongLine_StaysOneLine()
    {
        var lines = await Output(Shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo after"), count: 2);

        lines[0].ShouldBe(new string('x', 100000));
        lines[1].ShouldBe("after");
    }

    [Fact]
    public async Task Logs_Terminal_GivesPlainLines() =>
        (await Output(Shell("echo one; echo two") with { Tty = true }, count: 2)).ShouldBe(["one", "two"]);

    [Fact]
    public async Task Logs_Follow_GoesOnOverARestartAndEndsWithTheInstance()
    {
        var workload = Workload(NewApp(), "web", container: Shell($"echo began; {Forever}"));
        await Engine.Apply(workload, Cancel);
        var instance = await Only(workload);
        await using var lines = Engine.Logs(instance, new() { Follow = true }, Cancel).GetAsyncEnumerator(Cancel);

        (await lines.MoveNextAsync()).ShouldBeTrue();
        lines.Current.Text.ShouldBe("began");
        var first = lines.Current.Time;
        await Engine.Stop(instance.Id, Cancel);
        await Engine.Apply(workload, Cancel);
        (await lines.MoveNextAsync()).ShouldBeTrue();
        lines.Current.Text.ShouldBe("began");
        lines.Current.Time.ShouldBeGreaterThan(first);
        await Engine.Remove(instance.Id, Cancel);
        (await lines.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Logs_InstanceGone_AreEmpty()
    {
        var workload = Workload(NewApp(), "web");
        await Engine.Apply(workload, Cancel);
        var instance = await Only(workload);
        await Engine.Remove(instance.Id, Cancel);

        (await Read(instance, new() { Follow = true })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Port_Published_AnswersAndASecondOneIsRefusedWhole()
    {
        var workload = Workload(NewApp(), "web", container: Shell("while true; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nserved' | nc -l -p 80; done")) with
        {
            Ports = [new() { HostAddress = "127.0.0.1", Published = FreePorts.Take(), Target = 80 }],
        };
        await Engine.Apply(workload, Cancel);
        var port = workload.Ports[0].Published!.Value;
        using var http = new HttpClient();
        await Eventually(async () => await Answer(http, port) == "served", "the port does not answer");
        var second = workload with { App = NewApp(), Networks = [] };

        var refusal = await Should.ThrowAsync<EngineException>(() => Engine.Apply(second, Cancel));

        refusal.Message.ShouldContain($"Port {port.ToString(CultureInfo.InvariantCulture)} of the host");
        refusal.Message.ShouldContain($"{second.App}/web");
        refusal.Message.ShouldContain((await Only(workload)).Name);
        (await Engine.Observe(second.App, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Apply_BindOfAFolderThatIsNotThere_NamesServiceAndFolder()
    {
        var workload = Workload(NewApp(), "web", container: new() { Mounts = [new() { Kind = MountKind.Bind, Source = "/no/such/folder", Target = "/x" }] });

        var refusal = await Should.ThrowAsync<EngineException>(() => Engine.Apply(workload, Cancel));

        refusal.Message.ShouldContain($"{workload.App}/web");
        refusal.Message.ShouldContain("/no/such/folder");
        (await Engine.Observe(workload.App, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Apply_ExternalNetworkOrVolumeMissing_SaysWhichAndStartsNothing()
    {
        var workload = Workload(NewApp(), "web");
        var network = new WorkloadNetwork { Name = "contract-no-such-network", Definition = new() { Key = "outside", External = true } };

        (await Should.ThrowAsync<EngineException>(() => Engine.Apply(workload with { Networks = [network] }, Cancel))).Message.ShouldContain("'contract-no-such-network'");
        (await Should.ThrowAsync<EngineException>(() => Engine.Apply(workload with { Volumes = [new() { Name = "contract-no-such-volume", External = true }] }, Cancel)))
            .Message.ShouldContain("'contract-no-such-volume'");

        (await Engine.Observe(workload.App, Cancel)).ShouldBeEmpty();
    }

    protected static ContainerSpec Shell(string script, params string[] arguments) => new() { Command = ["sh", "-c", script, .. arguments] };

    /// <summary>Runs a program that says so many lines, and gives them.</summary>
    protected async Task<IReadOnlyList<string>> Output(ContainerSpec container, int count, LogStream? only = null)
    {
        var workload = Workload(NewApp(), "program", container: container);
        await Engine.Apply(workload, Cancel);
        return await Lines(workload, count, only);
    }

    /// <summary>The workload's first lines, once it has written so many.</summary>
    protected async Task<IReadOnlyList<string>> Lines(Workload workload, int count, LogStream? only = null)
    {
        var lines = new List<string>();
        await foreach (var line in Engine.Logs(await Only(workload), new() { Follow = true }, Cancel))
        {
            if (only is { } stream && line.Stream != stream) continue;
            lines.Add(line.Text);
            if (lines.Count == count) break;
        }
        return lines;
    }

    async Task<IReadOnlyList<string>> Until(Workload workload, string last)
    {
        var lines = new List<string>();
        await foreach (var line in Engine.Logs(await Only(workload), new() { Follow = true }, Cancel))
        {
            if (line.Text == last) break;
            lines.Add(line.Text);
        }
        return lines;
    }

    async Task<IReadOnlyList<LogLine>> Read(Instance instance, LogQuery query)
    {
        var lines = new List<LogLine>();
        await foreach (var line in Engine.Logs(instance, query, Cancel)) lines.Add(line);
        return lines;
    }

    static async Task<string?> Answer(HttpClient http, int port)
    {
        try
        {
            return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), Cancel);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
