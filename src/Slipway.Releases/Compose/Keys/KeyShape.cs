namespace Slipway.Releases.Compose;

/// <summary>How one key is treated, on a single machine with a Docker Engine.</summary>
/// <param name="Note">How it is translated, or why it is refused.</param>
/// <param name="IsHarmless">Refused with a warning: an app can't miss it. Otherwise with an error.</param>
/// <param name="Inside">The keys of its mapping, or of the mappings in its list; null: not Slipway's to know (labels, variables).</param>
sealed record KeyRule(KeyTreatment Treatment, string? Note = null, bool IsHarmless = false, KeyShape? Inside = null);

/// <summary>The keys that a mapping may have.</summary>
sealed class KeyShape
{
    readonly Dictionary<string, KeyRule> _rules = new(StringComparer.Ordinal);

    /// <summary>Rule of every key, where a person chooses the names.</summary>
    public KeyRule? Any { get; init; }

    public IEnumerable<string> Names => _rules.Keys;

    public IEnumerable<KeyValuePair<string, KeyRule>> Rules => _rules;

    public KeyRule? Find(string key) => _rules.GetValueOrDefault(key) ?? Any;

    public KeyShape Honour(params string[] keys) => Add(new KeyRule(KeyTreatment.Honoured), keys);

    public KeyShape Honour(string key, KeyShape inside) => Add(new KeyRule(KeyTreatment.Honoured, Inside: inside), key);

    public KeyShape Translate(string key, string note, KeyShape? inside = null) => Add(new KeyRule(KeyTreatment.Translated, note, Inside: inside), key);

    /// <summary>Refused with an error: leaving it out would change what the app does.</summary>
    public KeyShape Refuse(string note, params string[] keys) => Add(new KeyRule(KeyTreatment.Refused, note), keys);

    /// <summary>Refused with a warning.</summary>
    public KeyShape Ignore(string note, params string[] keys) => Add(new KeyRule(KeyTreatment.Refused, note, IsHarmless: true), keys);

    KeyShape Add(KeyRule rule, params string[] keys)
    {
        foreach (var key in keys) _rules.Add(key, rule);
        return this;
    }
}
