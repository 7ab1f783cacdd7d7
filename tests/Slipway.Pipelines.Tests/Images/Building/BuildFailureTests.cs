using Slipway.Engines;
using Slipway.Model;
using Slipway.Pipelines.Images.Building;
using Slipway.Pipelines.Images.Dockerfiles;
using Slipway.Pipelines.Images.Traces;

namespace Slipway.Pipelines.Tests.Images.Building;

public sealed class BuildFailureTests
{
    static readonly Dockerfile Dockerfile = Dockerfile.Parse("FROM scratch\nRUN make\n", "/app/Dockerfile", new Dictionary<string, string>(), null, null);

    [Fact]
    public void Failure_StepOutputSaysDiskIsFull_IsNotBlamedOnTheDockerfile()
    {
        var step = new FailedStep("[2/2] RUN make", "exit code: 1", ["cc: write error: No space left on device"]);

        BuildFailure.Explain("web", Dockerfile, step, new EngineException(0, "failed")).ShouldBeOfType<EngineException>()
            .Message.ShouldStartWith("The disk is full: building the image of web");
    }

    [Fact]
    public void Failure_EngineCannotWrite_IsDiskSpaceToo() =>
        BuildFailure.Explain("web", Dockerfile, null, new EngineException(500, "write /var/lib/docker/tmp/x: no space left on device"))
            .ShouldBeOfType<EngineException>().Message.ShouldStartWith("The disk is full");

    [Fact]
    public void Failure_EngineBroke_NamesTheService() =>
        BuildFailure.Explain("web", Dockerfile, null, new EngineException(500, "panic")).ShouldBeOfType<EngineException>()
            .Message.ShouldBe("The image of web could not be built: panic");

    [Fact]
    public void Failure_EngineRefusesTheDockerfile_NamesItsLine()
    {
        var wrong = BuildFailure.Explain("web", Dockerfile, null, new EngineException(0, "dockerfile parse error line 2: unknown flag: moun")).ShouldBeOfType<InvalidInputException>();

        wrong.Message.ShouldBe("/app/Dockerfile:2: services.web.build: the build failed: dockerfile parse error line 2: unknown flag: moun");
    }

    [Fact]
    public void Failure_Step_ReadsAsOneMessage()
    {
        var step = new FailedStep("[2/2] RUN make", "executor failed running [/bin/sh -c make]: exit code: 2", ["make: *** No rule"]);

        BuildFailure.Explain("web", Dockerfile, step, new EngineException(0, "failed")).Message.ShouldBe(
            $"/app/Dockerfile:2: services.web.build: step [2/2] RUN make failed: exit code 2; its last output was:{Environment.NewLine}  make: *** No rule");
    }
}
