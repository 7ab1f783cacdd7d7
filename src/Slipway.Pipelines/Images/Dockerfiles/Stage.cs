namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>One FROM and what follows it.</summary>
internal sealed class Stage
{
    /// <summary>From 0.</summary>
    public required int Index { get; init; }

    /// <summary>What AS names it, in lower case.</summary>
    public string? Name { get; init; }

    /// <summary>What it needs: earlier stages ...</summary>
    public HashSet<int> Stages { get; } = [];

    /// <summary>... and images, each with the line that names it.</summary>
    public List<ImageUse> Images { get; } = [];
}

/// <summary>An image that a Dockerfile needs.</summary>
/// <param name="Line">Of the instruction that names it, from 1.</param>
internal sealed record ImageUse(Slipway.Model.ImageReference Reference, int Line);
