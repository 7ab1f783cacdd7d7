using System.Text;

namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>
/// $NAME and ${NAME} with the modifiers :- - :+ + :? ? in the arguments of FROM and ARG (Dockerfile reference, "Environment replacement").
/// Single quotes keep their text as it is, both kinds of quotes are taken off.
/// </summary>
internal sealed class ArgumentSubstitution(Func<string, string?> find, char escape)
{
    /// <exception cref="FormatException">A brace without its end, a modifier that is not known here, or a value that ${NAME:?} wants.</exception>
    public string Apply(string text)
    {
        var position = 0;
        return Read(text, ref position, untilBrace: false);
    }

    string Read(string text, ref int i, bool untilBrace)
    {
        var result = new StringBuilder();
        var quote = '\0';
        while (i < text.Length)
        {
            var c = text[i];
            if (untilBrace && quote == '\0' && c == '}') return result.ToString();
            i++;
            if (c == quote) quote = '\0';
            else if (quote == '\0' && (c is '"' or '\'')) quote = c;
            else if (c == escape && quote != '\'' && i < text.Length) result.Append(text[i++]);
            else if (c == '$' && quote != '\'') result.Append(Variable(text, ref i));
            else result.Append(c);
        }
        return untilBrace ? throw new FormatException("'${' has no '}'") : result.ToString();
    }

    string Variable(string text, ref int i)
    {
        var braced = i < text.Length && text[i] == '{';
        if (braced) i++;
        var start = i;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_')) i++;
        var name = text[start..i];
        if (!braced) return name.Length == 0 ? "$" : find(name) ?? "";
        if (i < text.Length && text[i] == '}')
        {
            i++;
            return find(name) ?? "";
        }
        return Modified(name, text, ref i);
    }

    string Modified(string name, string text, ref int i)
    {
        var emptyCounts = i < text.Length && text[i] == ':';
        if (emptyCounts) i++;
        var modifier = i < text.Length ? text[i++] : '\0';
        if (modifier == '\0') throw new FormatException("'${' has no '}'");
        if (modifier is not ('-' or '+' or '?')) throw new FormatException($"'${{{name}...}}' has a modifier that is not one of :- - :+ + :? ?");
        var word = Read(text, ref i, untilBrace: true);
        i++;
        var value = find(name);
        var isSet = emptyCounts ? value is { Length: > 0 } : value is not null;
        return modifier switch
        {
            '-' => isSet ? value! : word,
            '+' => isSet ? word : "",
            _ => isSet ? value! : throw new FormatException($"{name} has no value: {(word.Length > 0 ? word : "it is required")}"),
        };
    }
}
