namespace Slipway.Model;

/// <summary>What a gateway can ask an instance.</summary>
public static class HealthRules
{
    /// <summary>What is right, for messages.</summary>
    public const string ExpectedTarget = "a path that begins with /, without spaces, for example /healthz";

    public static TimeSpan ShortestInterval { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A request target in origin form (RFC 9112, section 3.2.1), that can hold no line's end.</summary>
    public static bool IsTarget(string text) => text is ['/', ..] and not ['/', '/', ..] && text.Length <= 2048 && text.All(c => c is > ' ' and < '\x7f' and not ('#' or '\\'));
}
