using System.Text;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Model;
using Slipway.Pipelines.Images.Building;
using Slipway.Pipelines.Images.Dockerfiles;
using Slipway.Pipelines.Images.Traces;

namespace Slipway.Pipelines.Images;

/// <summary>Builds an image on the engine, from a folder. Thread-safe.</summary>
public sealed class ImageBuilder
{
    readonly DockerImages _images;
    readonly DockerBuilds _builds;
    readonly BaseImages _bases;
    readonly TimeProvider _time;

    internal ImageBuilder(DockerImages images, DockerBuilds builds, BaseImages bases, TimeProvider time) =>
        (_images, _builds, _bases, _time) = (images, builds, bases, time);

    /// <summary>Builds and returns what the engine has then. Cancelling ends the build on the engine too.</summary>
    /// <param name="service">For events and errors.</param>
    /// <param name="tag">repository:tag that the image gets on the engine, or null.</param>
    /// <exception cref="InvalidInputException">
    /// The context, the .dockerignore, the Dockerfile or a step of it is wrong: with file, line, and for a step its name and last output.
    /// </exception>
    /// <exception cref="EngineException">The engine failed, or has no disk space.</exception>
    /// <exception cref="EngineUnavailableException">No engine answers, or it went away in the middle.</exception>
    public async Task<ImageFacts> Build(string service, BuildModel build, string? tag, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        var source = BuildSource.Open(service, build);
        var hasFrontend = await ProvideFrontend(service, source.Dockerfile, events, cancel);
        var context = source.Context(withoutSyntax: !hasFrontend);
        await ProvideBases(service, build, source.Dockerfile, events, cancel);

        var request = new BuildRequest
        {
            BuildId = Guid.NewGuid().ToString("n"),
            Dockerfile = context.Dockerfile,
            Target = build.Target,
            BuildArgs = build.Args,
            Labels = build.Labels,
            CacheFrom = build.CacheFrom,
            ExtraHosts = build.ExtraHosts,
            Network = build.Network,
            Platform = build.Platform,
            NoCache = build.NoCache,
            // Base images were refreshed above, where there is a registry: asked to pull, the engine would fail without one.
            Pull = false,
            ShmSize = build.ShmSize,
            Tag = tag,
        };
        var id = await Run(service, request, source.Dockerfile, context.Write, events, cancel);
        if (context.LeftOut is { Count: > 0 } leftOut)
            Say(service, $"the context has sockets, pipes or devices, which no image can hold; they were left out: {string.Join(", ", leftOut.Take(10))}", events, Severity.Warning);
        return await _images.Find(id, cancel) ?? throw new EngineException(0, $"The engine lost the image of {service} right after it built it. Repeat; if it happens again, look for something that prunes images.");
    }

    async Task<string> Run(
        string service, BuildRequest request, Dockerfile dockerfile, Func<Stream, CancellationToken, Task> writeContext, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        var trace = new BuildTrace(service, _time);
        var classic = new LineAssembler();
        string? id = null;
        var isBuildKit = false;
        try
        {
            await foreach (var message in _builds.Build(request, writeContext, cancel))
            {
                switch (message)
                {
                    case BuildMessage.Trace progress:
                        isBuildKit = true;
                        foreach (var step in trace.Read(progress.StatusResponse)) events.Report(step);
                        break;
                    // With BuildKit everything worth reading is in the trace; the rest is "Successfully tagged".
                    case BuildMessage.Output output when !isBuildKit:
                        foreach (var line in classic.Add(Encoding.UTF8.GetBytes(output.Text)))
                            events.Report(new RolloutEvent.BuildOutput { Time = _time.GetUtcNow(), Service = service, Step = service, Text = line });
                        break;
                    case BuildMessage.Image image:
                        id = image.Id;
                        break;
                    default:
                        break;
                }
            }
        }
        catch (EngineException failure)
        {
            throw BuildFailure.Explain(service, dockerfile, trace.Failure, failure);
        }
        return id ?? throw new EngineException(0, $"The build of {service} ended without an image.");
    }

    /// <summary>Without the frontend that a Dockerfile asks for (<c># syntax=docker/dockerfile:1</c>) the engine's own can build most of them.</summary>
    async Task<bool> ProvideFrontend(string service, Dockerfile dockerfile, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        if (dockerfile.Syntax is not { } syntax) return true;
        try
        {
            await _bases.Provide(syntax.Reference, refresh: false, sentence => Say(service, sentence, events), cancel);
            return true;
        }
        catch (InvalidInputException)
        {
            Say(service, $"the frontend {syntax.Reference.Familiar} of '# syntax=' can't be had here; the engine's own reads the Dockerfile", events, Severity.Warning);
            return false;
        }
    }

    async Task ProvideBases(string service, BuildModel build, Dockerfile dockerfile, IProgress<RolloutEvent> events, CancellationToken cancel)
    {
        foreach (var image in dockerfile.Images)
        {
            try
            {
                await _bases.Provide(image.Reference, build.Pull, sentence => Say(service, sentence, events), cancel);
            }
            catch (InvalidInputException nowhere)
            {
                throw new InvalidInputException([.. nowhere.Diagnostics.Select(d => d with { Key = $"services.{service}.build", File = dockerfile.File, Line = image.Line })]);
            }
        }
    }

    void Say(string service, string sentence, IProgress<RolloutEvent> events, Severity? severity = null) =>
        events.Report(new RolloutEvent.Note { Time = _time.GetUtcNow(), Severity = severity, Text = $"{service}: {sentence}" });
}
