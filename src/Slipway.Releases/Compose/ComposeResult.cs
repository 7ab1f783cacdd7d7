using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>What the files say, ready for a release.</summary>
public sealed record ComposeResult
{
    /// <summary>The same input always gives the same JSON of it.</summary>
    public required AppModel Model { get; init; }

    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>Every key of the files, in their order.</summary>
    public IReadOnlyList<KeyReport> Keys { get; init; } = [];

    /// <summary>Names of the variables that the files refer to, sorted.</summary>
    public IReadOnlyCollection<string> VariablesUsed { get; init; } = [];
}

/// <summary>What <c>slipway check</c> shows: like <see cref="ComposeResult"/>, errors and all.</summary>
public sealed record ComposeCheck
{
    /// <summary>Null where there are errors.</summary>
    public AppModel? Model { get; init; }

    /// <summary>Errors first, then warnings.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];

    public IReadOnlyList<KeyReport> Keys { get; init; } = [];

    public IReadOnlyCollection<string> VariablesUsed { get; init; } = [];
}
