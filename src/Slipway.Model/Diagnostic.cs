using System.Text;

namespace Slipway.Model;

public enum Severity
{
    Error,
    Warning,
}

/// <summary>One thing that is wrong with what a person wrote: where it stands, what was found, and what would be right.</summary>
public sealed record Diagnostic
{
    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>A whole sentence without its full stop, in the terms of the person who wrote the input.</summary>
    public required string Message { get; init; }

    /// <summary>Path of the file, as the person named it.</summary>
    public string? File { get; init; }

    /// <summary>Line in the file, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>Column in the line, from 1.</summary>
    public int? Column { get; init; }

    /// <summary>The key's path, for example services.web.ports[0].</summary>
    public string? Key { get; init; }

    /// <summary>The value that was found.</summary>
    public string? Found { get; init; }

    /// <summary>What would be accepted.</summary>
    public string? Expected { get; init; }

    /// <summary>compose.yaml:7:5: services.web.ports[0]: '99999' is no port (expected 1 to 65535)</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (File is not null) text.Append(File);
        if (File is not null && Line is not null) text.Append(':').Append(Line);
        if (File is not null && Line is not null && Column is not null) text.Append(':').Append(Column);
        if (text.Length > 0) text.Append(": ");
        if (Severity == Severity.Warning) text.Append("warning: ");
        if (Key is not null) text.Append(Key).Append(": ");
        text.Append(Message);
        if (Expected is not null) text.Append(" (expected ").Append(Expected).Append(')');
        return text.ToString();
    }
}

/// <summary>What a person wrote can't be used. Carries every error found, not only the first; nothing was changed.</summary>
public sealed class InvalidInputException(IReadOnlyList<Diagnostic> diagnostics)
    : Exception(string.Join(Environment.NewLine, diagnostics))
{
    public InvalidInputException(Diagnostic diagnostic) : this([diagnostic])
    {
    }

    public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;
}

/// <summary>
/// A request is well formed but the state of things forbids it: another rollout runs, a host is taken, there is nothing to roll back to.
/// The message says what stands in the way and what to do about it; nothing was changed.
/// </summary>
public sealed class ConflictException(string message) : Exception(message);

/// <summary>The caller may not do that. The message says what he would need.</summary>
public sealed class ForbiddenException(string message) : Exception(message);

/// <summary>The app, release or instance that was named does not exist. The message says what does.</summary>
public sealed class NotFoundException(string message) : Exception(message);
