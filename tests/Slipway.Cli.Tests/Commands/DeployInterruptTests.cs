using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Slipway.Model;

namespace Slipway.Cli.Tests.Commands;

/// <summary>Ctrl-C while a deploy is followed: a build ends, what has a release goes on.</summary>
public class DeployInterruptTests
{
    static readonly Rollout Rollout = new()
    {
        Id = 7,
        App = AppName.Parse("shop"),
        Kind = RolloutKind.Deploy,
        State = RolloutState.Building,
        Created = DateTimeOffset.UnixEpoch,
        Changed = DateTimeOffset.UnixEpoch,
    };

    readonly List<string> _posts = [];

    [Theory]
    [InlineData(RolloutState.Staging)]
    [InlineData(RolloutState.Shifting)]
    [InlineData(RolloutState.Baking)]
    public async Task Deploy_InterruptedWhileItHasARelease_GoesOnAndNamesTheCommands(RolloutState state)
    {
        var shell = await Interrupted(Rollout with { State = state, Release = 2 });

        _posts.ShouldBe(["/api/v1/apps/shop/rollouts", "/api/v1/rollouts/7/cancel?onlyBuild=true"]);
        shell.Out.ShouldContain($"Rollout 7 of shop goes on at the server: v2 is {state.ToString().ToLowerInvariant()}.");
        shell.Out.ShouldContain("slipway watch shop");
        shell.Out.ShouldContain("slipway abort shop");
        shell.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deploy_InterruptedWhileItBuilds_IsCancelled()
    {
        var shell = await Interrupted(Rollout with { State = RolloutState.Cancelled, Error = "It was cancelled." });

        _posts.ShouldContain("/api/v1/rollouts/7/cancel?onlyBuild=true");
        shell.Error.ShouldContain("Rollout 7 of shop: cancelled.");
        shell.Out.ShouldNotContain("goes on");
    }

    [Fact]
    public async Task Promote_Interrupted_EndsNothing()
    {
        var shell = await Interrupted(Rollout with { State = RolloutState.Promoting, Release = 2 }, "promote", "shop");
        _posts.ShouldBe(["/api/v1/apps/shop/promote"]);
        shell.Out.ShouldContain("slipway watch shop");
    }

    /// <param name="then">What the server says when it is asked after the interruption.</param>
    async Task<TestShell> Interrupted(Rollout then, params string[] args)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["compose.yaml"], "name: shop\nservices: {web: {image: app}}", TestContext.Current.CancellationToken);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var server = await LoopbackServer.Start(async http =>
        {
            if (http.Request.Method == "POST") lock (_posts) _posts.Add(http.Request.Path + http.Request.QueryString.Value);
            if (http.Request.Path.Value is "/api/v1/rollouts/7/events")
            {
                // Followed, and nothing more is heard until the person has enough.
                if (!interrupt.IsCancellationRequested)
                {
                    await http.Response.Body.FlushAsync();
                    await interrupt.CancelAsync();
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                }
                else await http.Response.WriteAsync("");
                return;
            }
            await LoopbackServer.Json(http, http.Request.Path.Value is "/api/v1/apps/shop"
                ? JsonSerializer.Serialize(new AppStatus { App = Rollout.App, Services = [] }, ModelJson.Default.AppStatus)
                : JsonSerializer.Serialize(interrupt.IsCancellationRequested ? then : Rollout, ModelJson.Default.Rollout));
        });
        var shell = new TestShell();
        (shell.Variables["SLIPWAY_SERVER"], shell.Variables["SLIPWAY_TOKEN"]) = (server.Url, "secret");
        (await CommandLine.Run(args.Length > 0 ? args : ["deploy", folder.Path], shell.Shell, interrupt.Token)).ShouldBe(1, shell.Error);
        return shell;
    }
}
