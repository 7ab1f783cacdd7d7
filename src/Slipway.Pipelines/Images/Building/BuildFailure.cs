using System.Text.RegularExpressions;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Pipelines.Images.Dockerfiles;
using Slipway.Pipelines.Images.Traces;

namespace Slipway.Pipelines.Images.Building;

/// <summary>Says in the terms of the person who wrote the Dockerfile why the engine could not build it.</summary>
internal static partial class BuildFailure
{
    /// <returns><see cref="InvalidInputException"/> where the Dockerfile or what it runs is to blame, else <see cref="EngineException"/>.</returns>
    public static Exception Explain(string service, Dockerfile dockerfile, FailedStep? step, EngineException failure)
    {
        if (DiskSpace.IsMissing(failure, step?.LastLines)) return DiskSpace.Explain($"building the image of {service}", failure);
        // A request that was refused as a whole says nothing about the Dockerfile.
        if (step is null && failure.Status >= 500) return new EngineException(failure.Status, $"The image of {service} could not be built: {failure.Message}", failure);
        return new InvalidInputException(new Diagnostic
        {
            Key = $"services.{service}.build",
            File = dockerfile.File,
            Line = step is null ? LineIn(failure.Message) : dockerfile.LineOf(step.Name),
            Message = step is null ? $"the build failed: {failure.Message.Trim()}" : Describe(step),
        });
    }

    static string Describe(FailedStep step)
    {
        var output = step.LastLines.Count == 0 ? "" : $"; its last output was:{Environment.NewLine}{string.Join(Environment.NewLine, step.LastLines.Select(line => "  " + line))}";
        return $"step {step.Name} failed: {Reason(step.Error)}{output}";
    }

    /// <summary>Without the command, which the step's name has already: "exit code 3".</summary>
    public static string Reason(string error) => ExitCode().Match(error) is { Success: true } exit ? $"exit code {exit.Groups[1].Value}" : error;

    static int? LineIn(string message) =>
        ParseErrorLine().Match(message) is { Success: true } line && int.TryParse(line.Groups[1].Value, out var number) ? number : null;

    [GeneratedRegex(@"exit code: (\d+)\z")]
    private static partial Regex ExitCode();

    [GeneratedRegex(@"(?:parse error (?:on )?line|dockerfile line) (\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex ParseErrorLine();
}
