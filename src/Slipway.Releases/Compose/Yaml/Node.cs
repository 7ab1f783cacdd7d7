namespace Slipway.Releases.Compose;

/// <summary>A Compose file: its name as the person gave it, and the folder from which its relative paths count.</summary>
sealed record Source(string Name, string Folder);

/// <summary>Where something stands; line and column from 1.</summary>
readonly record struct Mark(Source Source, int Line, int Column);

/// <summary>The Compose Specification's own YAML tags (13-merge.md): what an override does to the value below it.</summary>
enum MergeTag
{
    None,
    Reset,
    Override,
}

/// <summary>
/// A YAML value with its place. Aliases and merge keys are resolved. Immutable: an alias and its anchor are the same object,
/// so a tree may be a graph; <see cref="Size"/> counts it expanded and is bounded by the reader.
/// </summary>
abstract class Node(Mark mark, MergeTag tag, long size)
{
    public Mark Mark { get; } = mark;

    public MergeTag Tag { get; } = tag;

    public long Size { get; } = size;

    public bool IsNull => this is Scalar { IsNullText: true };

    /// <summary>What it is, for people.</summary>
    public string Kind => this switch
    {
        Mapping => "a mapping",
        Sequence => "a list",
        _ when IsNull => "nothing",
        _ => "a single value",
    };
}

/// <param name="plain">Written without quotes, and not made by interpolation: only then can it be null.</param>
sealed class Scalar(Mark mark, string text, bool plain, MergeTag tag = MergeTag.None) : Node(mark, tag, 1)
{
    public string Text { get; } = text;

    public bool IsPlain { get; } = plain;

    public bool IsNullText => IsPlain && Text is ("" or "~" or "null" or "Null" or "NULL");
}

sealed class Sequence(Mark mark, IReadOnlyList<Node> items, MergeTag tag = MergeTag.None) : Node(mark, tag, 1 + items.Sum(i => i.Size))
{
    public IReadOnlyList<Node> Items { get; } = items;
}

sealed class Mapping(Mark mark, IReadOnlyList<Entry> entries, MergeTag tag = MergeTag.None) : Node(mark, tag, 1 + entries.Sum(e => e.Value.Size))
{
    public IReadOnlyList<Entry> Entries { get; } = entries;

    public Node? Find(string key) => Entries.FirstOrDefault(e => e.Key == key)?.Value;

    /// <summary>The same mapping with one entry replaced, or added at the end.</summary>
    public Mapping With(string key, Node value)
    {
        var found = Entries.FirstOrDefault(e => e.Key == key);
        return found is null
            ? new Mapping(Mark, [.. Entries, new Entry(key, value.Mark, value)], Tag)
            : new Mapping(Mark, [.. Entries.Select(e => ReferenceEquals(e, found) ? e with { Value = value } : e)], Tag);
    }

    public Mapping Without(string key) => new(Mark, [.. Entries.Where(e => e.Key != key)], Tag);
}

/// <param name="Mark">Of the key.</param>
sealed record Entry(string Key, Mark Mark, Node Value);
