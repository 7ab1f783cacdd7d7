namespace Slipway.Model;

/// <summary>At a step: nobody is answered by the new release, and it gets copies of a part of the requests.</summary>
public sealed record CanaryMirror
{
    /// <summary>Of 10,000.</summary>
    public required int Share { get; init; }

    /// <summary>Methods whose requests are copied, in upper case.</summary>
    public IReadOnlyList<string> Methods { get; init; } = RouteMirror.Safe;
}
