using Slipway.Model;

namespace Slipway.Registry.Scanning;

/// <summary>How bad a vulnerability is (Harbor Scanner Adapter API 1.2, "Severity"), ascending. None is of an image in which nothing was found.</summary>
public enum Severity
{
    None = 0,

    /// <summary>Nobody has judged it yet, or the scanner did not know the word.</summary>
    Unknown,

    Negligible,

    Low,

    Medium,

    High,

    Critical,
}

/// <summary>Severities as people write them.</summary>
public static class SeverityText
{
    public const string Rule = "critical, high, medium, low, negligible or unknown";

    /// <exception cref="InvalidInputException">The word is none.</exception>
    public static Severity Parse(string text, string key = "severity") =>
        TryParse(text) ?? throw new InvalidInputException(new Diagnostic { Key = key, Message = $"'{(text.Length <= 100 ? text : text[..100])}' is no severity", Found = text, Expected = Rule });

    internal static Severity? TryParse(string? text) => text?.ToLowerInvariant() switch
    {
        "critical" => Severity.Critical,
        "high" => Severity.High,
        "medium" => Severity.Medium,
        "low" => Severity.Low,
        "negligible" => Severity.Negligible,
        "unknown" => Severity.Unknown,
        _ => null,
    };
}
