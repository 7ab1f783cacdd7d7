using System.Diagnostics;

namespace Slipway.Cli.Tests.Completing;

public class CompletionScriptsTests
{
    [Fact]
    public async Task Completion_Bash_IsValidBash()
    {
        var shell = new TestShell();
        (await shell.Run("completion", "bash")).ShouldBe(0);
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        await bash.StandardInput.WriteAsync(shell.Out);
        bash.StandardInput.Close();
        var errors = await bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        errors.ShouldBeEmpty();
        bash.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("slipway ba", "base")]
    [InlineData("slipway base ", "import list")]
    [InlineData("slipway base import --j", "")]
    [InlineData("slipway base list --j", "--json")]
    public async Task Completion_Bash_OffersOptionsOnlyToWhoBeginsOne(string line, string offered)
    {
        var shell = new TestShell();
        await shell.Run("completion", "bash");
        var suggested = new TestShell();
        await suggested.Run($"[suggest:{line.Length}]", line);
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-s"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await bash.StandardInput.WriteAsync($"""
            {shell.Out}
            slipway() {"{"} printf '%s' '{suggested.Out}'; {"}"}
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=({line} {(line.EndsWith(' ') ? "''" : "")})
            COMP_CWORD=$((${"{"}#COMP_WORDS[@]{"}"} - 1))
            _slipway
            echo "${"{"}COMPREPLY[*]{"}"}"
            """);
        bash.StandardInput.Close();
        (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim().ShouldBe(offered);
    }

    [Theory]
    [InlineData("zsh", "compdef _slipway slipway")]
    [InlineData("fish", "complete -c slipway")]
    public async Task Completion_OtherShells_AskTheProgram(string name, string registers)
    {
        var shell = new TestShell();
        (await shell.Run("completion", name)).ShouldBe(0);
        shell.Out.ShouldContain(registers);
        shell.Out.ShouldContain("[suggest:");
    }

    [Fact]
    public async Task Suggest_AppArgument_OffersTheServersApps()
    {
        await using var server = await LoopbackServer.Start(http => LoopbackServer.Json(http, """[{"app":"guestbook","services":[]},{"app":"shop","services":[]}]"""));
        var shell = new TestShell();
        shell.Variables["SLIPWAY_SERVER"] = server.Url;
        shell.Variables["SLIPWAY_TOKEN"] = "secret";
        const string line = "slipway promote ";
        await shell.Run($"[suggest:{line.Length}]", line);
        shell.Out.Split('\n').Select(word => word.Trim()).ShouldContain("guestbook");
    }
}
