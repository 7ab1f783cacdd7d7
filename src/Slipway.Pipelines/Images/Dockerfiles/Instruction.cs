namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>One instruction with its continuation lines joined.</summary>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Keyword">In upper case.</param>
/// <param name="Arguments">The rest, trimmed; the bodies of heredocs are not part of it.</param>
internal sealed record Instruction(int Line, string Keyword, string Arguments)
{
    /// <summary>The leading --name=value words.</summary>
    public IEnumerable<(string Name, string Value)> Flags
    {
        get
        {
            foreach (var word in Words)
            {
                if (!word.StartsWith("--", StringComparison.Ordinal)) yield break;
                var equals = word.IndexOf('=', StringComparison.Ordinal);
                yield return equals < 0 ? (word[2..], "") : (word[2..equals], word[(equals + 1)..]);
            }
        }
    }

    /// <summary>The words after the flags.</summary>
    public IReadOnlyList<string> Operands => [.. Words.SkipWhile(w => w.StartsWith("--", StringComparison.Ordinal))];

    /// <summary>Split at blanks outside of quotes; the quotes stay.</summary>
    IEnumerable<string> Words
    {
        get
        {
            var quote = '\0';
            var start = -1;
            for (var i = 0; i < Arguments.Length; i++)
            {
                var c = Arguments[i];
                if (c == quote) quote = '\0';
                else if (quote == '\0' && (c is '"' or '\'')) quote = c;
                var isBlank = quote == '\0' && (c is ' ' or '\t');
                if (!isBlank && start < 0) start = i;
                if (!isBlank || start < 0) continue;
                yield return Arguments[start..i];
                start = -1;
            }
            if (start >= 0) yield return Arguments[start..];
        }
    }
}
