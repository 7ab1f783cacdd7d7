using System.Text;

namespace Slipway.Releases.Compose;

/// <summary>
/// Reads <c>.env</c> and <c>env_file</c> (Compose Specification, 05-services.md, "env_file format"): KEY=VALUE or KEY: VALUE, optional export,
/// # after a space begins a comment, 'single quotes' are literal, "double quotes" know \n \r \t \\ \" \$ and variables, both may span lines.
/// KEY alone takes the value of the environment.
/// </summary>
sealed class EnvironmentFile
{
    readonly string _text;
    readonly Source _source;
    readonly Variables _variables;
    readonly Findings _findings;
    readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    int _at;

    EnvironmentFile(string text, Source source, Variables variables, Findings findings) =>
        (_text, _source, _variables, _findings) = (text, source, variables, findings);

    /// <summary>Keys and values in the file's order, null where a key alone has no value in the environment.</summary>
    public static IReadOnlyDictionary<string, string?> Read(string text, Source source, Variables variables, Findings findings, bool raw = false)
    {
        var file = new EnvironmentFile(text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimStart('\uFEFF'), source, variables, findings);
        while (file._at < file._text.Length) file.ReadLine(raw);
        return file._values;
    }

    void ReadLine(bool raw)
    {
        SkipBlanks();
        if (_at >= _text.Length) return;
        if (_text[_at] is '\n' or '#')
        {
            RestOfLine();
            return;
        }

        var line = LineNumber();
        if (string.CompareOrdinal(_text, _at, "export ", 0, 7) == 0) _at += 7;
        SkipBlanks();
        var start = _at;
        while (_at < _text.Length && _text[_at] is not ('=' or ':' or '\n' or ' ' or '\t')) _at++;
        var key = _text[start.._at];
        SkipBlanks();
        if (key.Length == 0 || key.Contains('"', StringComparison.Ordinal) || key.Contains('\'', StringComparison.Ordinal))
        {
            _findings.Error(new Mark(_source, line, 1), null, $"'{key}{RestOfLine()}' is no variable", null, "KEY=VALUE");
            return;
        }
        if (_at >= _text.Length || _text[_at] is '\n' or '#')
        {
            RestOfLine();
            _values[key] = Lookup(key);
        }
        else if (_text[_at] is '=' or ':')
        {
            _at++;
            _values[key] = raw ? RestOfLine() : ReadValue(key, line);
        }
        else
        {
            _findings.Error(new Mark(_source, line, 1), key, $"'{RestOfLine()}' stands after the name without an equal sign", null, "KEY=VALUE");
        }
    }

    string ReadValue(string key, int line)
    {
        SkipBlanks();
        var quote = _at < _text.Length ? _text[_at] : '\n';
        if (quote is not ('"' or '\''))
        {
            var rest = RestOfLine();
            for (var i = 0; i < rest.Length; i++)
                if (rest[i] == '#' && (i == 0 || rest[i - 1] is ' ' or '\t')) rest = rest[..i];
            return Expand(key, line, rest.Trim());
        }

        var value = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != quote; _at++)
        {
            if (quote == '"' && _text[_at] == '\\' && _at + 1 < _text.Length) value.Append(Escape(_text[++_at]));
            else if (quote == '\'' && _text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] == '\'') value.Append(_text[++_at]);
            else value.Append(_text[_at]);
        }
        if (_at >= _text.Length)
        {
            _findings.Error(new Mark(_source, line, 1), key, $"the value begins with {quote} and has no closing one", null, quote.ToString());
            return "";
        }
        _at++;
        var after = RestOfLine().Trim();
        if (after.Length > 0 && after[0] != '#')
            _findings.Error(new Mark(_source, line, 1), key, $"'{after}' stands after the closing quote", after, "the end of the line, or a comment");
        return quote == '"' ? Expand(key, line, value.ToString()) : value.ToString();
    }

    static string Escape(char c) => c switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '$' => "$$",
        '"' or '\\' => c.ToString(),
        _ => "\\" + c,
    };

    string Expand(string key, int line, string text)
    {
        var result = Interpolation.Expand(text, Lookup);
        _variables.Use(result.Names);
        if (result.Error is not null) _findings.Error(new Mark(_source, line, 1), key, result.Error, text, result.Expected);
        foreach (var name in result.Unset)
            _findings.Warn(new Mark(_source, line, 1), key, $"the variable {name} is not set; nothing is put in its place");
        return result.Text;
    }

    string? Lookup(string name) => _variables.Find(name) ?? _values.GetValueOrDefault(name);

    string RestOfLine()
    {
        var end = _text.IndexOf('\n', _at);
        if (end < 0) end = _text.Length;
        var rest = _text[_at..end];
        _at = end + 1;
        return rest;
    }

    int LineNumber() => 1 + _text.AsSpan(0, _at).Count('\n');

    void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is (' ' or '\t')) _at++;
    }
}
