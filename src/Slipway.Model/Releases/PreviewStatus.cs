namespace Slipway.Model;

/// <summary>What makes an app a preview of another one.</summary>
public sealed record PreviewStatus
{
    /// <summary>The app that it is a preview of.</summary>
    public required AppName Of { get; init; }

    /// <summary>Its label: pr-12.</summary>
    public required string Name { get; init; }

    /// <summary>What it was made from, as it was given: feature/checkout.</summary>
    public required string Branch { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it is removed, unless it is deployed again or extended.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Who deployed it first.</summary>
    public string? By { get; init; }
}

/// <summary>That a deploy is of a preview.</summary>
/// <param name="Of">The app.</param>
/// <param name="Name">The preview's label.</param>
public sealed record PreviewSource(AppName Of, string Name);
