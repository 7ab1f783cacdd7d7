using Slipway.Model;

namespace Slipway.Pipelines.Images.Contexts;

/// <summary>A whole .dockerignore: the last pattern that matches a path, or a folder that it is in, decides.</summary>
internal sealed class IgnorePatterns
{
    readonly IReadOnlyList<IgnorePattern> _patterns;
    readonly IReadOnlyList<string> _literalExceptions;
    readonly bool _anyException, _anyOtherException;

    IgnorePatterns(IReadOnlyList<IgnorePattern> patterns)
    {
        _patterns = patterns;
        _anyException = patterns.Any(p => p.IsException);
        _anyOtherException = patterns.Any(p => p.IsException && !p.IsLiteral);
        _literalExceptions = [.. patterns.Where(p => p.IsException && p.IsLiteral).Select(p => p.Text + "/")];
    }

    public static IgnorePatterns None { get; } = new([]);

    /// <summary>NAME.dockerignore beside the Dockerfile where there is one, else the context's .dockerignore, else nothing is ignored.</summary>
    /// <exception cref="InvalidInputException">A line is no pattern.</exception>
    public static IgnorePatterns For(string context, string? dockerfile)
    {
        string[] candidates = dockerfile is null ? [Path.Combine(context, ".dockerignore")] : [dockerfile + ".dockerignore", Path.Combine(context, ".dockerignore")];
        return candidates.FirstOrDefault(File.Exists) is { } file ? Parse(File.ReadAllText(file), file) : None;
    }

    /// <param name="file">Where the text is from, for errors.</param>
    /// <exception cref="InvalidInputException">Lines that are no patterns, all of them.</exception>
    public static IgnorePatterns Parse(string text, string file)
    {
        var patterns = new List<IgnorePattern>();
        var wrong = new List<Diagnostic>();
        var number = 0;
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            // A comment has its '#' in the first column; " #x" is a pattern.
            if (line.StartsWith('#') || line.Trim() is not { Length: > 0 } written) continue;
            try
            {
                patterns.Add(IgnorePattern.Parse(written));
            }
            catch (FormatException reason)
            {
                wrong.Add(new Diagnostic
                {
                    Message = $"'{written}' is no pattern: {reason.Message}",
                    File = file,
                    Line = number,
                    Found = written,
                    Expected = "a path with *, ?, [a-z] or **, or one after '!'",
                });
            }
        }
        return wrong.Count == 0 ? new IgnorePatterns(patterns) : throw new InvalidInputException(wrong);
    }

    /// <param name="path">From the context's root, with '/', without one at the beginning or the end.</param>
    public bool Ignores(string path)
    {
        var ignored = false;
        foreach (var pattern in _patterns)
            // A pattern that would change nothing need not be tried.
            if (pattern.IsException == ignored && MatchesWithParents(pattern, path)) ignored = !pattern.IsException;
        return ignored;
    }

    /// <summary>Nothing below this ignored folder can be sent.</summary>
    public bool IgnoresAllBelow(string folder)
    {
        if (!_anyException) return true;
        return !_anyOtherException && !_literalExceptions.Any(e => e.StartsWith(folder + "/", StringComparison.Ordinal));
    }

    static bool MatchesWithParents(IgnorePattern pattern, string path)
    {
        if (pattern.Matches(path)) return true;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            if (pattern.Matches(path[..slash])) return true;
        return false;
    }
}
