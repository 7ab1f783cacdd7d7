using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>The top-level <c>volumes</c>.</summary>
static class VolumeReader
{
    /// <summary>APP_KEY, as docker compose names it, unless the file gives a name or the volume is external.</summary>
    public static string NameOf(string key, Reading reading)
    {
        var volume = reading.Volumes[key];
        return volume["name"].Text() ?? volume["external"]["name"].Text() ?? (IsExternal(volume) ? key : $"{reading.App}_{key}");
    }

    /// <summary>Volumes that a service mounts, sorted by name.</summary>
    public static IReadOnlyList<VolumeModel> Used(IEnumerable<ServiceModel> services, Reading reading)
    {
        var mounted = services.SelectMany(s => s.Container.Mounts).Where(m => m.Kind == MountKind.Volume).Select(m => m.Source).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (reading.Volumes.Node is not Mapping volumes) return [];
        return [.. volumes.Entries.Select(e => (Name: NameOf(e.Key, reading), Volume: reading.Volumes[e.Key])).Where(v => mounted.Contains(v.Name))
            .DistinctBy(v => v.Name).OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => Define(v.Name, v.Volume))];
    }

    static VolumeModel Define(string name, Field volume) => new()
    {
        Name = name,
        External = IsExternal(volume),
        Driver = volume["driver"].Text(),
        DriverOptions = volume["driver_opts"].Texts(emptyForNull: true),
        Labels = volume["labels"].Texts(emptyForNull: true),
    };

    static bool IsExternal(Field volume) => volume["external"].Node is Mapping || volume["external"].Bool() == true;
}
