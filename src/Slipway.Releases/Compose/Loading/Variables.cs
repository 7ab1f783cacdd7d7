namespace Slipway.Releases.Compose;

/// <summary>
/// The variables that a file sees: the shell, then what its <c>.env</c> adds; for an included file also those of the including one, which win.
/// Remembers every name asked for.
/// </summary>
sealed class Variables
{
    readonly Func<string, string?> _outer;
    readonly Dictionary<string, string> _own = new(StringComparer.Ordinal);

    public Variables(IReadOnlyDictionary<string, string> shell) : this(shell.GetValueOrDefault, new SortedSet<string>(StringComparer.Ordinal))
    {
    }

    Variables(Func<string, string?> outer, SortedSet<string> used) => (_outer, Used) = (outer, used);

    public SortedSet<string> Used { get; }

    public Variables Inner() => new(Find, Used);

    /// <summary>Adds a default; what was there before wins only if it is the shell's or an outer file's.</summary>
    public void Default(string name, string value) => _own[name] = value;

    public string? Find(string name)
    {
        Used.Add(name);
        return _outer(name) ?? _own.GetValueOrDefault(name);
    }

    public void Use(IEnumerable<string> names) => Used.UnionWith(names);
}
