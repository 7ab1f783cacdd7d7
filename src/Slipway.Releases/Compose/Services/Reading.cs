using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>What the readers of one project share.</summary>
sealed record Reading(AppName App, Field Root, Variables Variables, FileReader Files, Findings Findings, KeyWalk Keys, IReadOnlySet<string> Profiles)
{
    public DateTimeOffset Now { get; init; }

    public Field Services => Root["services"];

    public Field Networks => Root["networks"];

    public Field Volumes => Root["volumes"];

    /// <summary>Whether a service has no profile or an active one.</summary>
    public bool IsEnabled(string service)
    {
        var profiles = Services[service]["profiles"].Texts();
        return profiles.Count == 0 || Profiles.Contains("*") || profiles.Any(Profiles.Contains);
    }

    /// <summary>A path of the file that <paramref name="field"/> stands in, made absolute.</summary>
    public string HostPathOf(Field field, string path) => HostPath.Resolve(path, field.Mark!.Value.Source.Folder, Variables);

    /// <summary>Names under a top-level section, for an error about one that is not there.</summary>
    public static string Defined(Field section)
    {
        var names = section.Node is Mapping mapping ? mapping.Entries.Select(e => e.Key).ToList() : [];
        return names.Count == 0 ? $"a definition under {section.Path}" : $"a definition under {section.Path}, or one of: {Spelling.Choices(names)}";
    }

    /// <summary>Whether a section has an entry, its value perhaps nothing ("data:" and "data: {}" are the same).</summary>
    public static bool Has(Field section, string name) => section.Node is Mapping mapping && mapping.Entries.Any(e => e.Key == name);
}
