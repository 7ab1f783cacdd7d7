using System.Diagnostics.CodeAnalysis;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>
/// Which repositories a right is for: <c>shop</c> (the whole project), <c>shop/web</c> (one repository), <c>shop/team-*</c> (what begins so), or
/// <c>*</c> (all).
/// </summary>
public readonly record struct ScopePattern
{
    public const string Rule = "a project (shop), a repository (shop/web), the beginning of repositories' names (shop/team-*), or * for all";

    readonly string? _value;

    ScopePattern(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A ScopePattern was used without a value.");

    public static ScopePattern All { get; } = new("*");

    public static bool TryParse([NotNullWhen(true)] string? text, out ScopePattern pattern)
    {
        pattern = default;
        if (text is null || text.Length > RepositoryName.MaxLength) return false;
        if (text == "*")
        {
            pattern = All;
            return true;
        }
        // A star stands only at the end, after a slash or inside the last segment; what is before it is the beginning of a name.
        var name = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('*') ? text[..^1].TrimEnd('-', '_', '.') : text;
        if (!RepositoryName.TryParse(name, out _)) return false;
        if (text.EndsWith('*') && !text.Contains('/', StringComparison.Ordinal)) return false;
        pattern = new ScopePattern(text);
        return true;
    }

    public static ScopePattern OfProject(string project) => new(project);

    public bool Covers(string repository)
    {
        var value = Value;
        if (value == "*") return true;
        if (value[^1] == '*') return repository.AsSpan().StartsWith(value.AsSpan(0, value.Length - 1), StringComparison.Ordinal);
        if (repository == value) return true;
        // A project's name alone covers the project.
        return !value.Contains('/', StringComparison.Ordinal) && repository.Length > value.Length && repository[value.Length] == '/'
            && repository.StartsWith(value, StringComparison.Ordinal);
    }

    /// <summary>Whether everything that the other one covers is covered by this one.</summary>
    public bool Covers(ScopePattern other)
    {
        if (Value == "*") return true;
        if (other.Value == "*") return false;
        if (other.Value[^1] != '*') return Value.Contains('/', StringComparison.Ordinal) && !other.Value.Contains('/', StringComparison.Ordinal) ? Value == other.Value : Covers(other.Value);
        var beginning = other.Value[..^1];
        return Value[^1] == '*' ? beginning.StartsWith(Value[..^1], StringComparison.Ordinal)
            : !Value.Contains('/', StringComparison.Ordinal) && beginning.StartsWith(Value + "/", StringComparison.Ordinal);
    }

    public override string ToString() => Value;
}
