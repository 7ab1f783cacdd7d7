using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Looks at every key of the files: what becomes of it, and whether it is known at all.</summary>
sealed class KeyWalk
{
    readonly List<KeyReport> _reports = [];
    readonly List<(string Path, Diagnostic Diagnostic)> _problems = [];
    readonly HashSet<(string, int, string)> _seen = [];

    public IReadOnlyList<KeyReport> Reports => _reports;

    public void WalkFile(Mapping root) => Walk(root, "", KeyCatalog.File);

    public void WalkService(Node service, string name) => Walk(service, "services." + name, KeyCatalog.Service);

    /// <summary>Gives a key another treatment than the catalog's, where its value decided that.</summary>
    public void Set(string path, KeyTreatment treatment, string note)
    {
        for (var i = 0; i < _reports.Count; i++)
            if (_reports[i].Key == path) _reports[i] = _reports[i] with { Treatment = treatment, Note = note };
    }

    /// <summary>Unknown keys everywhere; refused ones only where the service they belong to is in use.</summary>
    public void Report(Findings findings, Func<string, bool> isInUse)
    {
        foreach (var (path, problem) in _problems)
            if (path.Split('.', 3) is not ["services", var service, ..] || isInUse(service)) findings.Add(problem);
    }

    void Walk(Node node, string path, KeyShape shape)
    {
        if (node is Sequence list)
            for (var i = 0; i < list.Items.Count; i++) Walk(list.Items[i], $"{path}[{i}]", shape);
        if (node is not Mapping mapping) return;
        foreach (var entry in mapping.Entries)
        {
            var at = path.Length == 0 ? entry.Key : path + "." + entry.Key;
            if (!_seen.Add((entry.Mark.Source.Name, entry.Mark.Line, at))) continue;
            Walk(entry, at, shape);
        }
    }

    void Walk(Entry entry, string path, KeyShape shape)
    {
        var rule = shape.Find(entry.Key);
        if (rule is null && entry.Key.StartsWith("x-", StringComparison.Ordinal)) rule = new KeyRule(KeyTreatment.Honoured, "an extension of someone else's; not read");
        if (rule is null)
        {
            var near = Spelling.Nearest(entry.Key, shape.Names);
            Add(entry, path, KeyTreatment.Refused, "not known");
            Problem(entry, path, Severity.Error, $"the key '{entry.Key}' is not known", near is null ? Spelling.Choices(shape.Names) : $"perhaps '{near}'");
            return;
        }
        Add(entry, path, rule.Treatment, rule.Note);
        if (rule.Treatment == KeyTreatment.Refused && !AsksForNothing(entry.Value))
            Problem(entry, path, rule.IsHarmless ? Severity.Warning : Severity.Error, rule.IsHarmless ? "not used: " + rule.Note : "refused: " + rule.Note, null);
        if (rule.Inside is not null) Walk(entry.Value, path, rule.Inside);
    }

    static bool AsksForNothing(Node value) =>
        value.IsNull || value is Scalar { Text: "false" } or Sequence { Items.Count: 0 } or Mapping { Entries.Count: 0 } || value.Tag == MergeTag.Reset;

    void Add(Entry entry, string path, KeyTreatment treatment, string? note) =>
        _reports.Add(new KeyReport(entry.Mark.Source.Name, entry.Mark.Line, path, treatment, note));

    void Problem(Entry entry, string path, Severity severity, string message, string? expected) =>
        _problems.Add((path, Findings.Describe(severity, entry.Mark, path, message, entry.Key, expected)));
}
