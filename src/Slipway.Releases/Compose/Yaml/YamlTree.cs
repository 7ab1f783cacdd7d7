using Slipway.Model;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlScalar = YamlDotNet.Core.Events.Scalar;

namespace Slipway.Releases.Compose;

/// <summary>
/// Reads YAML text into nodes. Scalars keep their text: Compose gives types to keys, so that an unquoted 22:22 is a port mapping
/// and not the base-60 number that YAML 1.1 makes of it.
/// </summary>
sealed class YamlTree
{
    /// <summary>Nodes of one file with its aliases expanded; a file that needs more was made to exhaust its reader.</summary>
    public const int MaxNodes = 100_000;

    const int MaxDepth = 64;

    readonly Source _source;
    readonly string _text;
    readonly Findings _findings;
    readonly Parser _parser;
    readonly Dictionary<string, Node> _anchors = new(StringComparer.Ordinal);

    YamlTree(string text, Source source, Findings findings)
    {
        (_text, _source, _findings) = (text, source, findings);
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>The documents of the text; none where it can't be read, which <paramref name="findings"/> then says.</summary>
    public static IReadOnlyList<Node> Read(string text, Source source, Findings findings)
    {
        var tree = new YamlTree(text, source, findings);
        try
        {
            return tree.ReadDocuments();
        }
        catch (YamlException broken)
        {
            findings.Add(tree.Explain(broken));
            return [];
        }
        catch (InvalidInputException refused)
        {
            findings.Add(refused.Diagnostics[0]);
            return [];
        }
    }

    List<Node> ReadDocuments()
    {
        var documents = new List<Node>();
        _parser.Consume<StreamStart>();
        while (!_parser.Accept<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            documents.Add(ReadNode(0));
            _parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    Node ReadNode(int depth)
    {
        if (_parser.Current is not NodeEvent && _parser.Current is not AnchorAlias)
            throw Refused(_parser.Current!.Start, "a value is missing here", null);
        if (depth > MaxDepth) throw Refused(_parser.Current!.Start, "values are nested too deeply", $"at most {MaxDepth} levels");

        if (_parser.TryConsume<AnchorAlias>(out var alias))
            return _anchors.TryGetValue(alias.Value.Value, out var target) ? target
                : throw Refused(alias.Start, $"the alias *{alias.Value.Value} has no anchor before it", $"&{alias.Value.Value} at an earlier value");

        var start = _parser.Current!.Start;
        var anchor = ((NodeEvent)_parser.Current!).Anchor;
        var node = ReadOwn(depth);
        if (node.Size > MaxNodes)
            throw Refused(start, "the file is too large once its aliases are followed", $"at most {MaxNodes} values");
        if (!anchor.IsEmpty) _anchors[anchor.Value] = node;
        return node;
    }

    Node ReadOwn(int depth)
    {
        if (_parser.TryConsume<YamlScalar>(out var scalar))
        {
            // No path, name or variable can hold it, and the system's calls end at it.
            if (scalar.Value.Contains('\0', StringComparison.Ordinal)) throw Refused(scalar.Start, "the value contains a NUL character", "text without one");
            return new Scalar(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty, TagOf(scalar));
        }
        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var items = new List<Node>();
            while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(depth + 1));
            return new Sequence(At(sequence.Start), items, TagOf(sequence));
        }
        var mapping = _parser.Consume<MappingStart>();
        return ReadMapping(mapping, depth);
    }

    Mapping ReadMapping(MappingStart start, int depth)
    {
        var own = new List<Entry>();
        var merged = new List<Entry>();
        var seen = new Dictionary<string, Mark>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<YamlScalar>(out var key))
                throw Refused(_parser.Current!.Start, "a key must be a single value", "text before the colon");
            var mark = At(key.Start);
            var value = ReadNode(depth + 1);
            if (seen.TryGetValue(key.Value, out var first))
            {
                _findings.Error(mark, null, $"the key '{key.Value}' stands here a second time; the first is in line {first.Line}", key.Value, "each key once");
                continue;
            }
            seen.Add(key.Value, mark);
            if (key is { Value: "<<", Style: ScalarStyle.Plain }) merged.AddRange(MergeSources(mark, value));
            else own.Add(new Entry(key.Value, mark, value));
        }

        // YAML merge keys (yaml.org/type/merge): own keys win, then the sources in their order.
        foreach (var entry in merged)
            if (seen.TryAdd(entry.Key, entry.Mark)) own.Add(entry);
        return new Mapping(At(start.Start), own, TagOf(start));
    }

    List<Entry> MergeSources(Mark mark, Node value)
    {
        var sources = value is Sequence list ? list.Items : [value];
        var entries = new List<Entry>();
        foreach (var source in sources)
        {
            if (source is Mapping mapping) entries.AddRange(mapping.Entries);
            else _findings.Error(mark, "<<", $"{source.Kind} can't be merged", null, "a mapping or a list of mappings, usually as *alias");
            if (entries.Count > MaxNodes) throw Refused(new YamlDotNet.Core.Mark(0, mark.Line, mark.Column), "too many merged keys", $"at most {MaxNodes} values");
        }
        return entries;
    }

    MergeTag TagOf(NodeEvent node) => node.Tag.IsEmpty ? MergeTag.None : node.Tag.Value switch
    {
        "!reset" => MergeTag.Reset,
        "!override" => MergeTag.Override,
        var tag when tag.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal) || tag == "!" => MergeTag.None,
        var tag => throw Refused(node.Start, $"the tag {tag} is not known", "!reset or !override"),
    };

    Mark At(YamlDotNet.Core.Mark mark) => new(_source, (int)mark.Line, (int)mark.Column);

    InvalidInputException Refused(YamlDotNet.Core.Mark mark, string message, string? expected) =>
        new(Findings.Describe(Severity.Error, At(mark), null, message, null, expected));

    Diagnostic Explain(YamlException broken)
    {
        var line = (int)broken.Start.Line;
        var lines = _text.Split('\n');
        // The parser often blames an earlier line; a tab near the blamed one is the likelier cause than one further down.
        foreach (var near in Enumerable.Range(1, lines.Length).OrderBy(l => Math.Abs(l - line) > 1))
        {
            var indent = lines[near - 1].AsSpan(0, lines[near - 1].Length - lines[near - 1].AsSpan().TrimStart().Length);
            if (indent.Contains('\t'))
                return Findings.Describe(Severity.Error, new Mark(_source, near, indent.IndexOf('\t') + 1), null,
                    "a tab stands in the indentation, which YAML does not allow", "tab", "spaces");
        }
        var text = broken.InnerException is null ? broken.Message : broken.InnerException.Message;
        return Findings.Describe(Severity.Error, At(broken.Start), null, "this is no YAML: " + Reason(text), null, null);
    }

    // YamlDotNet puts the place before its sentence; the diagnostic has it already.
    static string Reason(string message)
    {
        var sentence = message.StartsWith('(') && message.IndexOf("): ", StringComparison.Ordinal) is var end and > 0 ? message[(end + 3)..] : message;
        return sentence.TrimEnd('.').Length > 0 ? char.ToLowerInvariant(sentence[0]) + sentence.TrimEnd('.')[1..] : "it can't be read";
    }
}
