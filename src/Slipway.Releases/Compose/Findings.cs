using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>What is wrong with the files, gathered while they are read, so that all of it is reported together.</summary>
sealed class Findings
{
    readonly List<Diagnostic> _all = [];

    public IReadOnlyList<Diagnostic> All => _all;

    public bool HasErrors => _all.Any(d => d.Severity == Severity.Error);

    public void Add(Diagnostic diagnostic)
    {
        // A file that is read twice (extends, or a default for several services) says the same thing twice.
        if (!_all.Contains(diagnostic)) _all.Add(diagnostic);
    }

    public void Error(Mark? mark, string? key, string message, string? found = null, string? expected = null) =>
        Add(Describe(Severity.Error, mark, key, message, found, expected));

    public void Warn(Mark? mark, string? key, string message, string? found = null, string? expected = null) =>
        Add(Describe(Severity.Warning, mark, key, message, found, expected));

    public static Diagnostic Describe(Severity severity, Mark? mark, string? key, string message, string? found, string? expected) => new()
    {
        Severity = severity,
        Message = message,
        File = mark?.Source.Name,
        Line = mark?.Line,
        Column = mark?.Column,
        Key = key,
        Found = found,
        Expected = expected,
    };
}
