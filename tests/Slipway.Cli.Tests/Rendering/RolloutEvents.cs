using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

/// <summary>A deploy that has something of everything.</summary>
static class RolloutEvents
{
    static DateTimeOffset At(double second) => DateTimeOffset.UnixEpoch.AddSeconds(second);

    static RolloutEvent.BuildStep Step(double at, string step, string name, BuildStepState state, double? seconds = null, string? error = null) =>
        new RolloutEvent.BuildStep { Time = At(at), Service = "web", Step = step, Name = name, State = state, Seconds = seconds, Error = error };

    static RolloutEvent.BuildOutput Output(double at, string step, string text) => new RolloutEvent.BuildOutput { Time = At(at), Service = "web", Step = step, Text = text };

    static RolloutEvent.InstanceChanged Instance(double at, string state, string? detail = null) =>
        new RolloutEvent.InstanceChanged { Time = At(at), Service = "web", Instance = "shop.web.v2.1", State = state, Detail = detail };

    public static IReadOnlyList<RolloutEvent> Deploy { get; } =
    [
        new RolloutEvent.StateChanged { Time = At(0), State = RolloutState.Building },
        new RolloutEvent.Note { Time = At(0), Text = "debian:bookworm-slim is on the engine" },
        Step(0.1, "sha256:a", "[1/2] FROM debian:bookworm-slim", BuildStepState.Cached),
        Step(0.2, "sha256:b", "[2/2] RUN make", BuildStepState.Started),
        Output(0.3, "sha256:b", "cc -O2\tmain.c\r\n"),
        Output(0.4, "sha256:b", "\e[31m10%\r\e[32m100%\e[0m"),
        Step(3.4, "sha256:b", "[2/2] RUN make", BuildStepState.Done, 3.2),
        new RolloutEvent.Pushed { Time = At(4), Service = "web", Image = "shop/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
        new RolloutEvent.StateChanged { Time = At(5), State = RolloutState.Staging, Release = 2 },
        Instance(5, "starting"),
        Instance(6, "ready"),
        new RolloutEvent.Note { Time = At(6), Severity = Severity.Warning, Text = "redis is carried over" },
        new RolloutEvent.StateChanged { Time = At(7), State = RolloutState.Done, Release = 2 },
    ];

    public static IReadOnlyList<RolloutEvent> InternalStep { get; } =
    [
        new RolloutEvent.StateChanged { Time = At(0), State = RolloutState.Building },
        Step(0, "web#1", "copy /context /", BuildStepState.Started),
        Step(0.1, "web#1", "copy /context /", BuildStepState.Done, 0.1),
        Step(0.2, "web#2", "[internal] load metadata for docker.io/library/debian:bookworm-slim", BuildStepState.Cached),
    ];

    public static IReadOnlyList<RolloutEvent> FailingBuild { get; } =
    [
        new RolloutEvent.StateChanged { Time = At(0), State = RolloutState.Building },
        Step(0, "sha256:c", "[1/1] RUN false", BuildStepState.Started),
        Output(0.1, "sha256:c", "about to fail"),
        Step(0.2, "sha256:c", "[1/1] RUN false", BuildStepState.Failed, 0.2, "exit code 1"),
        new RolloutEvent.StateChanged { Time = At(1), State = RolloutState.Failed, Message = "the build failed\nmore" },
    ];
}
