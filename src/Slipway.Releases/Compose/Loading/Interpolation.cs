namespace Slipway.Releases.Compose;

/// <summary>What became of one value.</summary>
/// <param name="Names">Every variable named, also in branches that were not taken.</param>
/// <param name="Unset">Variables without a value and without a default, replaced by nothing.</param>
/// <param name="Error">A required variable's message, or what is wrong with the syntax; null where all is well.</param>
sealed record Interpolated(string Text, IReadOnlyList<string> Names, IReadOnlyList<string> Unset, string? Error, string? Expected);

/// <summary>
/// Puts variables into a value (Compose Specification, 12-interpolation.md): $NAME, ${NAME}, and in braces the operators
/// :- - :? ? :+ + with nested values; $$ is a dollar sign; a dollar sign before anything else stays.
/// </summary>
sealed class Interpolation
{
    const int MaxDepth = 32;

    readonly string _text;
    readonly Func<string, string?> _lookup;
    readonly List<string> _names = [];
    readonly List<string> _unset = [];
    int _at;
    string? _error;
    string? _expected;

    Interpolation(string text, Func<string, string?> lookup) => (_text, _lookup) = (text, lookup);

    public static Interpolated Expand(string text, Func<string, string?> lookup)
    {
        if (!text.Contains('$', StringComparison.Ordinal)) return new Interpolated(text, [], [], null, null);
        var run = new Interpolation(text, lookup);
        var result = run.ReadText(0, taken: true);
        return new Interpolated(run._error is null ? result : text, run._names, run._unset, run._error, run._expected);
    }

    // Until the end, or in braces until the one that closes them. A branch that is not taken is read for its names only.
    string ReadText(int depth, bool taken)
    {
        var result = new System.Text.StringBuilder();
        while (_at < _text.Length && _error is null)
        {
            var c = _text[_at];
            if (depth > 0 && c == '}') break;
            if (c != '$') (result, _at) = (result.Append(c), _at + 1);
            else result.Append(ReadDollar(depth, taken));
        }
        return result.ToString();
    }

    string ReadDollar(int depth, bool taken)
    {
        _at++;
        if (_at == _text.Length) return "$";
        if (_text[_at] == '$') return Skip("$");
        if (_text[_at] == '{') return ReadBraces(depth, taken);
        return ReadName() is { } name ? Value(name, taken) : "$";
    }

    string ReadBraces(int depth, bool taken)
    {
        var start = _at - 1;
        _at++;
        if (depth >= MaxDepth) return Fail("variables are nested too deeply", $"at most {MaxDepth} levels");
        if (ReadName() is not { } name)
            return Fail($"'{Excerpt(start)}' names no variable", "${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+value}; $$ for a dollar sign");
        if (_at == _text.Length) return Unclosed(start);
        if (_text[_at] == '}') return Skip(Value(name, taken));

        var orEmpty = _text[_at] == ':';
        if (orEmpty) _at++;
        var sign = _at < _text.Length ? _text[_at] : '\0';
        if (sign is not ('-' or '?' or '+'))
            return Fail($"'{Excerpt(start)}' has no operator that is known", ":-, -, :?, ?, :+ or + after the name; $$ for a dollar sign");
        _at++;

        _names.Add(name);
        var value = _lookup(name);
        var isSet = orEmpty ? !string.IsNullOrEmpty(value) : value is not null;
        var word = ReadText(depth + 1, taken && (sign == '+' ? isSet : !isSet));
        if (_error is not null) return "";
        if (_at == _text.Length) return Unclosed(start);
        _at++;
        switch (sign)
        {
            case '-': return isSet ? value! : word;
            case '+': return isSet ? word : "";
            default:
                if (isSet || !taken) return value ?? "";
                return Fail($"the variable {name} is required and {(value is null ? "not set" : "empty")}{(word.Length > 0 ? ": " + word : "")}",
                    $"a value for {name} in the shell or in .env");
        }
    }

    string Value(string name, bool taken)
    {
        _names.Add(name);
        var value = _lookup(name);
        if (value is null && taken) _unset.Add(name);
        return value ?? "";
    }

    string? ReadName()
    {
        var start = _at;
        while (_at < _text.Length && (_text[_at] == '_' || char.IsAsciiLetter(_text[_at]) || (_at > start && char.IsAsciiDigit(_text[_at])))) _at++;
        return _at > start ? _text[start.._at] : null;
    }

    string Skip(string value)
    {
        _at++;
        return value;
    }

    string Unclosed(int start) => Fail($"'{Excerpt(start)}' has no closing brace", "}");

    string Fail(string message, string expected)
    {
        (_error, _expected) = (_error ?? message, _expected ?? expected);
        return "";
    }

    string Excerpt(int start) => _text.Length - start > 40 ? string.Concat(_text.AsSpan(start, 40), "...") : _text[start..];
}
