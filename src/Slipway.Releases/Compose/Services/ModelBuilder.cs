using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>From the merged tree to the model.</summary>
static class ModelBuilder
{
    public static AppModel Build(Reading reading)
    {
        CheckSections(reading);
        var names = reading.Services.Node is Mapping mapping ? mapping.Entries.Select(e => e.Key).Where(reading.IsEnabled).ToList() : [];
        if (names.Count == 0 && !reading.Findings.HasErrors)
            reading.Findings.Error(reading.Root.Mark, "services", "there is no service" + (reading.Services.IsMissing ? "" : " without a profile that is not active"), null, "at least one service");

        var services = names.Select(name => ServiceReader.Read(name, reading.Services[name], reading)).ToList();
        services = [.. services.Select(s => MountReader.WithVolumesFrom(s, services, reading))];
        services = LinkAliases.Add(services, reading);
        services = [.. ReleaseReader.Apply(services, reading)];
        DependencyCycles.Check(services, reading);
        PortReader.CheckConflicts(services, reading);
        return new AppModel
        {
            Name = reading.App,
            Services = services,
            Networks = NetworkReader.Used(services, reading),
            Volumes = VolumeReader.Used(services, reading),
            Previews = PreviewReader.Read(reading),
        };
    }

    static void CheckSections(Reading reading)
    {
        foreach (var section in new[] { "services", "networks", "volumes", "secrets", "configs" })
            foreach (var (name, value) in reading.Root[section].Entries())
            {
                if (!value.IsMissing && value.Node is not Mapping && section != "services") value.Error($"{value.Node!.Kind} stands where a mapping belongs", "a mapping, or nothing");
                if (!IsName(name) || (section == "services" && name.Contains('.', StringComparison.Ordinal)))
                    reading.Findings.Error(value.Mark, $"{section}.{name}", $"'{name}' is no name", name, section == "services" ? "letters, digits, '-' and '_'" : "letters, digits, '-', '_' and '.'");
            }
    }

    static bool IsName(string name) => name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
