using System.Text;

namespace Slipway.Releases.Compose;

/// <summary>Splits a command line into words by the quoting rules of a POSIX shell, without running one.</summary>
static class ShellWords
{
    public static bool TrySplit(string text, out IReadOnlyList<string> words)
    {
        var found = new List<string>();
        words = found;
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\'')
            {
                if (c == '\'') quote = '\0';
                else word!.Append(c);
            }
            else if (c == '\\' && i + 1 < text.Length)
            {
                var next = text[++i];
                // Within double quotes a backslash is itself unless it guards one of these (POSIX, 2.2.3).
                if (quote == '"' && next is not ('"' or '\\' or '$' or '`' or '\n')) (word ??= new()).Append('\\');
                if (next != '\n') (word ??= new()).Append(next);
            }
            else if (quote == '"')
            {
                if (c == '"') quote = '\0';
                else word!.Append(c);
            }
            else if (c is '\'' or '"')
            {
                (quote, word) = (c, word ?? new());
            }
            else if (char.IsWhiteSpace(c))
            {
                if (word is not null) found.Add(word.ToString());
                word = null;
            }
            else
            {
                (word ??= new()).Append(c);
            }
        }
        if (word is not null) found.Add(word.ToString());
        return quote == '\0';
    }
}
