using Slipway.Model;

namespace Slipway.Releases.Previewing;

/// <summary>
/// Volumes of a preview are its own, and empty. What lies outside of Slipway is the machine's or the app's, and would be shared: it is refused but for what
/// can only be read and is either in the branch's own folder or mounted by the live release too.
/// </summary>
sealed class PreviewMounts(IReadOnlyList<VolumeModel> volumes, AppModel live, PreviewPolicy policy, PreviewPlace place, PreviewFindings findings)
{
    /// <summary>What to write to have it shared all the same.</summary>
    public static string Shared(string name) => $"{name} under 'share' in the previews of the app's live release, if it may be shared";

    public IReadOnlyList<MountModel> Of(ServiceModel service) => [.. service.Container.Mounts.Select(mount => mount switch
    {
        { Kind: MountKind.Volume, Source: { } name } => Volume(service, mount, name),
        { Kind: MountKind.Bind, Source: { } path } => Bind(service, mount, path),
        _ => mount,
    })];

    /// <summary>shop_data is shop--pr-12_data; an external one keeps its name.</summary>
    public VolumeModel Renamed(VolumeModel volume) => volume.External ? volume : volume with { Name = NameOf(volume.Name) };

    string NameOf(string name)
    {
        var prefix = $"{place.Of}_";
        var key = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        // The file may call one volume shop_data and another one data.
        if (key != name && volumes.Any(v => !v.External && v.Name == key)) key = name;
        return $"{place.App}_{key}";
    }

    MountModel Volume(ServiceModel service, MountModel mount, string name)
    {
        if (volumes.FirstOrDefault(v => v.Name == name) is not { } volume) return mount;
        if (IsElsewhere(volume) && !policy.Share.Contains(name))
            findings.Refuse(
                $"services.{service.Name}.volumes", volume.External
                    ? $"the volume '{name}' is external: the preview would write into what others use"
                    : $"the volume '{name}' lies at a place that its driver names, which the app uses too",
                Shared(name), name);
        return volume.External ? mount : mount with { Source = NameOf(name) };
    }

    /// <summary>Where its bytes are is said by the file, so that one of another name has the same.</summary>
    static bool IsElsewhere(VolumeModel volume) =>
        volume.External
        || (volume.Driver is not (null or "local") && volume.DriverOptions.Count > 0)
        || (volume.DriverOptions.TryGetValue("device", out var device) && device != "tmpfs");

    MountModel Bind(ServiceModel service, MountModel mount, string path)
    {
        if (policy.Share.Contains(path)) return mount;
        var key = $"services.{service.Name}.volumes";
        if (path.EndsWith(".sock", StringComparison.Ordinal))
        {
            findings.Refuse(key, $"who has the socket {path} can ask what listens there for everything", Shared(path), path);
            return mount;
        }
        var isHere = place.Holds(path);
        if (!isHere && !live.Services.SelectMany(s => s.Container.Mounts).Any(m => m.Kind == MountKind.Bind && m.Source == path))
        {
            findings.Refuse(key, $"{path} lies outside of the branch's folder, and the live release doesn't mount it", $"a path in the folder, a volume, or {Shared(path)}", path);
            return mount;
        }
        if (mount.ReadOnly) return mount;
        if (!File.Exists(path))
        {
            findings.Refuse(
                key, $"{service.Name} may write into the folder {path} of this machine, which is not the preview's own",
                $":ro where it only reads it, a named volume where it writes, or {Shared(path)}", path);
            return mount;
        }
        findings.Note($"{service.Name} can only read the file {path} in a preview.");
        return mount with { ReadOnly = true };
    }
}
