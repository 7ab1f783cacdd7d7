using System.Diagnostics;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Tests.Supervising;

public class ProcessIdentityTests
{
    [Fact]
    public async Task FindAlive_ProcessRunsThenEnds_IsFoundThenNot()
    {
        using var folder = new TemporaryFolder();
        using var sleep = Detached.Start("sleep", ["300"], folder["sleep.log"]);
        var file = folder["sleep.process"];
        ProcessIdentity.Of(sleep.Id, ["300"])!.Write(file);

        var found = ProcessIdentity.FindAlive(file).ShouldNotBeNull();
        (found.ProcessId, found.Arguments[0]).ShouldBe((sleep.Id, "300"));
        await Detached.Stop(found, TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        ProcessIdentity.FindAlive(file).ShouldBeNull();
    }

    [Fact]
    public void FindAlive_NumberWasGivenAgain_IsSomebodyElse()
    {
        using var folder = new TemporaryFolder();
        var self = ProcessIdentity.Of(Environment.ProcessId, [])!;
        (self with { StartTicks = self.StartTicks - 1 }).Write(folder["earlier"]);
        (self with { Boot = "another" }).Write(folder["boot"]);
        self.Write(folder["self"]);
        ProcessIdentity.FindAlive(folder["earlier"]).ShouldBeNull();
        ProcessIdentity.FindAlive(folder["boot"]).ShouldBeNull();
        ProcessIdentity.FindAlive(folder["self"]).ShouldNotBeNull();
        ProcessIdentity.FindAlive(folder["absent"]).ShouldBeNull();
    }

    [Fact]
    public async Task Stop_IgnoresSigTerm_IsKilledAfterTheGrace()
    {
        using var folder = new TemporaryFolder();
        using var stubborn = Detached.Start("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 300 & wait; done"], folder["log"]);
        await Eventually.True(() => File.Exists(folder["log"]) && File.ReadAllText(folder["log"]).Contains("ready", StringComparison.Ordinal), "the trap is set");
        await Detached.Stop(ProcessIdentity.Of(stubborn.Id, [])!, TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        await stubborn.WaitForExitAsync(TestContext.Current.CancellationToken);
        stubborn.ExitCode.ShouldBe(128 + Detached.SigKill);
    }

    [Fact]
    public async Task FindByArguments_FileWasNeverWritten_IsFoundByWhatItRuns()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["-c", "while :; do sleep 0.05; done", folder.Path];
        using var process = Detached.Start("bash", arguments, folder["log"]);
        await Eventually.True(() => ProcessIdentity.FindByArguments(arguments)?.ProcessId == process.Id, "exec has happened");
        await Detached.Stop(ProcessIdentity.Of(process.Id, [])!, TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        ProcessIdentity.FindByArguments(arguments).ShouldBeNull();
    }
}
