using System.Text.RegularExpressions;
using Slipway.Model;

namespace Slipway.Gateway.Matching;

/// <summary>A condition on the values of one name.</summary>
sealed class CompiledValue
{
    /// <summary>What is longer matches no expression: nobody's header has to be read for that long.</summary>
    const int LongestValue = 4096;

    readonly string? _value;
    readonly Regex? _pattern;

    /// <exception cref="InvalidInputException">The expression is none; <see cref="MatchChecks"/> says so before.</exception>
    public CompiledValue(ValueCondition source)
    {
        (Name, _value, Absent) = (source.Name, source.Value, source.Absent);
        if (source.Pattern is not { } pattern) return;
        if (!MatchPattern.TryCompile(pattern, out _pattern, out var why)) throw new InvalidInputException(new Diagnostic { Message = why, Found = pattern, Expected = MatchPattern.Expected });
    }

    public string Name { get; }

    /// <summary>The condition holds where there is no such value.</summary>
    public bool Absent { get; }

    /// <summary>Whether a value of the name is what is looked for; of one that must be absent, any is.</summary>
    public bool Is(ReadOnlySpan<char> value) =>
        _pattern is not null ? value.Length <= LongestValue && CompiledMatch.IsMatch(_pattern, value)
        : _value is null || value.SequenceEqual(_value);
}
