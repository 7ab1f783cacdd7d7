using Slipway.Cli.Supervising;
using Slipway.Server.Data;

namespace Slipway.Cli.Tests.Supervising;

/// <summary>With a small program in place of slipway: it sleeps, whatever it is asked to be.</summary>
public sealed class SupervisorTests : IDisposable
{
    static readonly UpSettings Settings = new() { Listen = new ListenAddress("127.0.0.1", 8080), GatewayHttp = [new ListenAddress("*", 8000)] };

    readonly TemporaryFolder _folder = new();
    readonly DataFolder _data;
    readonly string _program;

    public SupervisorTests()
    {
        _data = new DataFolder(_folder["data"]);
        _data.Prepare();
        _program = _folder["program"];
        File.WriteAllText(_program, "#!/bin/bash\ntrap 'exit 0' TERM\necho started $1\nwhile :; do sleep 0.05; done\n");
        File.SetUnixFileMode(_program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _folder.Dispose();

    ProcessIdentity? Server => Watched.Server(_data, null).FindAlive();

    ProcessIdentity? Gateway => Watched.Gateway(_data, null).FindAlive();

    Task Supervise(TextWriter log, CancellationToken cancel) => new Supervisor(_data, Settings, _program, log, TimeProvider.System).Run(cancel);

    [Fact]
    public void Settings_OfTheGateway_ReachItAndAreTold()
    {
        var settings = Settings with { AccessLog = "json", AccessLogKeep = 3, TrustProxy = ["10.0.0.0/8", "::1"], Transport = "sockets" };
        Watched.Gateway(new DataFolder("/d"), settings).Arguments.ShouldBe(
            ["gateway", "--data", "/d", "--listen", "*:8000", "--access-log", "json", "--access-log-keep", "3", "--trust-proxy", "10.0.0.0/8", "--trust-proxy", "::1", "--gateway-transport", "sockets"]);
        settings.AsOptions().ShouldEndWith("--access-log json --access-log-keep 3 --trust-proxy 10.0.0.0/8 --trust-proxy ::1 --gateway-transport sockets");
        settings.IsSameAs(Settings).ShouldBeFalse();
        settings.IsSameAs(settings with { TrustProxy = ["10.0.0.0/8", "::1"] }).ShouldBeTrue();
    }

    [Fact]
    public async Task Run_ChildIsKilled_StartsItAgainAndLeavesTheOther()
    {
        using var end = new CancellationTokenSource();
        var running = Supervise(TextWriter.Null, end.Token);
        await Eventually.True(() => Server is not null && Gateway is not null, "both run");
        var (server, gateway) = (Server!, Gateway!);
        await Detached.Stop(server, TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken);
        await Eventually.True(() => Server is { } next && next.ProcessId != server.ProcessId, "the server runs again");
        Gateway!.ProcessId.ShouldBe(gateway.ProcessId);
        await end.CancelAsync();
        await running;
        (Server, Gateway).ShouldBe((null, null));
    }

    [Fact]
    public async Task Run_ChildrenOfAKilledOne_AreTakenOver()
    {
        // What a killed supervisor leaves behind: one process with its file, one whose file was not written yet.
        using var server = Detached.Start(_program, Watched.Server(_data, Settings).Arguments, _folder["log"]);
        ProcessIdentity.Of(server.Id, [])!.Write(Watched.Server(_data, Settings).ProcessFile);
        using var gateway = Detached.Start(_program, Watched.Gateway(_data, Settings).Arguments, _folder["log"]);
        await Eventually.True(() => Watched.Gateway(_data, Settings).FindAlive() is not null, "exec has happened");

        using var end = new CancellationTokenSource();
        var log = new StringWriter();
        var running = Supervise(log, end.Token);
        await Eventually.True(() => Gateway is not null, "the gateway's file is written");
        (Server!.ProcessId, Gateway!.ProcessId).ShouldBe((server.Id, gateway.Id));
        await end.CancelAsync();
        await running;
        log.ToString().ShouldContain("taken over");
        await Eventually.True(() => server.HasExited && gateway.HasExited, "this process has heard of their end");
    }

    [Fact]
    public async Task Run_AnotherRuns_IsRefused()
    {
        using var end = new CancellationTokenSource();
        var running = Supervise(TextWriter.Null, end.Token);
        await Should.ThrowAsync<CommandFailedException>(() => Supervise(TextWriter.Null, end.Token));
        await Eventually.True(() => Server is not null && Gateway is not null, "both run");
        await end.CancelAsync();
        await running;
    }

    [Fact]
    public void Trim_LogAboveTheLimit_IsKeptOnceAndEmptied()
    {
        var log = Path.Combine(_data.Logs, "server.log");
        File.WriteAllText(log, new string('x', 100));
        File.WriteAllText(Path.Combine(_data.Logs, "small.log"), "x");
        LogTrimmer.Trim(_data.Logs, 99);
        new FileInfo(log).Length.ShouldBe(0);
        new FileInfo(log + ".1").Length.ShouldBe(100);
        new FileInfo(Path.Combine(_data.Logs, "small.log")).Length.ShouldBe(1);
    }
}
