using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Cli.Following;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Following;

public class RolloutFollowerTests
{
    static readonly Rollout Rollout = new()
    {
        Id = 3, App = AppName.Parse("shop"), Kind = RolloutKind.Deploy, State = RolloutState.Queued,
        Created = DateTimeOffset.UnixEpoch, Changed = DateTimeOffset.UnixEpoch,
    };

    static string State(int index, string state, double second, string more = "") =>
        $$$"""{"index":{{{index}}},"event":{"type":"state","time":"{{{DateTimeOffset.UnixEpoch.AddSeconds(second):O}}}","state":"{{{state}}}"{{{more}}} } }""" + "\n";

    [Fact]
    public async Task Follow_ServerRestarts_GoesOnAfterTheLastEventSeen()
    {
        var asked = new List<string>();
        var view = new SignallingView(events: 2);
        await using var server = await LoopbackServer.Start(async http =>
        {
            asked.Add(http.Request.QueryString.Value!);
            if (asked.Count == 2)
            {
                await LoopbackServer.Json(http, """{"title":"Service Unavailable","status":503}""", 503);
                return;
            }
            await http.Response.WriteAsync(asked.Count == 1 ? State(0, "building", 0) + State(1, "staging", 1) : State(2, "promoting", 2, ",\"release\":4") + State(3, "retaining", 2.25) + State(4, "done", 3));
            await http.Response.Body.FlushAsync();
            if (asked.Count > 1) return;
            await view.Seen;
            http.Abort();
        });
        using var api = server.Client;
        var end = await new RolloutFollower(api, view, TimeProvider.System).Follow(Rollout, 0, _ => false, TestContext.Current.CancellationToken);

        end.ShouldBe(new FollowEnd(RolloutState.Done, 4, TimeSpan.FromMilliseconds(250), false, null));
        asked.ShouldBe(["?from=0&follow=true", "?from=2&follow=true", "?from=2&follow=true"]);
        view.Text.ReplaceLineEndings("\n").ShouldBe("""
            == building
            == staging
            The connection to the server was lost; the rollout goes on there. Connecting again ...
            Connected again.
            == promoting v4
            == retaining
            == done

            """);
    }

    [Fact]
    public async Task Follow_StateThatIsWaitedFor_ReturnsWhileTheStreamIsOpen()
    {
        await using var server = await LoopbackServer.Start(async http =>
        {
            await http.Response.WriteAsync(State(0, "holding", 0, ",\"release\":2"));
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var api = server.Client;
        var end = await new RolloutFollower(api, new PlainRolloutView(TextWriter.Null), TimeProvider.System)
            .Follow(Rollout, 0, state => state == RolloutState.Holding, TestContext.Current.CancellationToken);
        (end.State, end.Release, end.Switch).ShouldBe((RolloutState.Holding, 2, null));
    }

    [Fact]
    public async Task Follow_RollingRelease_TimesTheWholeShift()
    {
        await using var server = await LoopbackServer.Start(http =>
            http.Response.WriteAsync(State(0, "verifying", 0) + State(1, "shifting", 1) + State(2, "promoting", 7) + State(3, "retaining", 7.25) + State(4, "done", 8)));
        using var api = server.Client;
        var end = await new RolloutFollower(api, new PlainRolloutView(TextWriter.Null), TimeProvider.System).Follow(Rollout, 0, _ => false, TestContext.Current.CancellationToken);
        (end.Shifted, end.Switch).ShouldBe((true, TimeSpan.FromSeconds(6.25)));
    }

    [Fact]
    public async Task Follow_EndedBeforeTheFirstEvent_AsksForTheState()
    {
        await using var server = await LoopbackServer.Start(http => http.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal)
            ? Task.CompletedTask
            : LoopbackServer.Json(http, """{"id":3,"app":"shop","kind":"deploy","state":"failed","error":"no","created":"2026-01-31T12:00:00Z","changed":"2026-01-31T12:00:00Z"}"""));
        using var api = server.Client;
        var end = await new RolloutFollower(api, new PlainRolloutView(TextWriter.Null), TimeProvider.System).Follow(Rollout, 9, _ => false, TestContext.Current.CancellationToken);
        end.State.ShouldBe(RolloutState.Failed);
    }

    /// <summary>The plain view, which also tells when so many events were shown.</summary>
    sealed class SignallingView(int events) : IRolloutView
    {
        readonly StringBuilder _output = new();
        readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _shown;

        public Task Seen => _seen.Task;

        public string Text => _output.ToString();

        public void Show(RolloutEvent happened)
        {
            new PlainRolloutView(new StringWriter(_output)).Show(happened);
            if (++_shown == events) _seen.SetResult();
        }

        public void Say(string line) => _output.AppendLine(line);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
