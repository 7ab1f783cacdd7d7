namespace Slipway.Releases.Compose;

/// <summary>Reads one Compose file: YAML, then its variables. Every file is read once.</summary>
sealed class FileReader(string projectFolder, Findings findings)
{
    const int MaxBytes = 4 << 20;

    readonly Dictionary<(string, string), IReadOnlyList<Mapping>> _read = [];

    /// <summary>Shows a path as the person would write it: relative to the project's folder where it lies below.</summary>
    public string Show(string path)
    {
        var relative = Path.GetRelativePath(projectFolder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative;
    }

    /// <summary>The text of a file, or null, with an error that names <paramref name="mark"/> as the place that asked for it.</summary>
    public string? Text(string path, Mark? mark, string? key)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > MaxBytes)
            {
                findings.Error(mark, key, $"{Show(path)} is larger than 4 MB", Show(path), "a smaller file");
                return null;
            }
            return File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = unreadable is FileNotFoundException or DirectoryNotFoundException ? "does not exist"
                : Directory.Exists(path) ? "is a folder" : "can't be read: " + unreadable.Message;
            findings.Error(mark, key, $"{Show(path)} {reason}", Show(path), "a file that can be read");
            return null;
        }
    }

    /// <param name="folder">From which the file's relative paths count.</param>
    public IReadOnlyList<Mapping> Documents(string path, string folder, Variables variables, Mark? mark, string? key)
    {
        if (_read.TryGetValue((path, folder), out var known)) return known;
        var documents = new List<Mapping>();
        if (Text(path, mark, key) is { } text)
        {
            var source = new Source(Show(path), folder);
            var errors = findings.All.Count;
            foreach (var document in YamlTree.Read(text, source, findings))
            {
                if (document is Mapping mapping) documents.Add((Mapping)Expand(mapping, "", variables));
                else if (!document.IsNull) findings.Error(document.Mark, null, $"{document.Kind} is no Compose file", null, "a mapping with services");
            }
            if (documents.Count == 0 && findings.All.Count == errors)
                findings.Error(new Mark(source, 1, 1), null, "the file is empty", null, "a mapping with services");
        }
        return _read[(path, folder)] = documents;
    }

    Node Expand(Node node, string path, Variables variables)
    {
        switch (node)
        {
            case Mapping mapping:
                return new Mapping(mapping.Mark,
                    [.. mapping.Entries.Select(e => e with { Value = Expand(e.Value, path.Length == 0 ? e.Key : path + "." + e.Key, variables) })], mapping.Tag);
            case Sequence list:
                return new Sequence(list.Mark, [.. list.Items.Select((item, i) => Expand(item, $"{path}[{i}]", variables))], list.Tag);
        }
        var scalar = (Scalar)node;
        var result = Interpolation.Expand(scalar.Text, variables.Find);
        variables.Use(result.Names);
        if (result.Error is not null) findings.Error(scalar.Mark, path, result.Error, scalar.Text, result.Expected);
        foreach (var name in result.Unset)
            findings.Warn(scalar.Mark, path, $"the variable {name} is not set; nothing is put in its place", scalar.Text, $"a value for {name}, or ${{{name}:-default}}");
        return result.Text == scalar.Text ? scalar : new Scalar(scalar.Mark, result.Text, plain: false, scalar.Tag);
    }
}
