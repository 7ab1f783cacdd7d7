using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>volumes</c>, short and long form, <c>tmpfs</c>, and the mounts of <c>volumes_from</c>.</summary>
static class MountReader
{
    public static IReadOnlyList<MountModel> Read(Field service, Reading reading)
    {
        var mounts = new List<MountModel>();
        foreach (var item in service["volumes"].Items())
            if ((item.Node is Mapping ? Long(item, reading) : Short(item, reading)) is { } mount) Add(mounts, mount, item);
        foreach (var text in service["tmpfs"].Texts())
            if (Tmpfs(text, service["tmpfs"]) is { } mount) Add(mounts, mount, service["tmpfs"]);
        return mounts;
    }

    /// <summary>Adds the mounts of other services where the target is still free.</summary>
    public static ServiceModel WithVolumesFrom(ServiceModel service, IReadOnlyList<ServiceModel> all, Reading reading)
    {
        var mounts = service.Container.Mounts.ToList();
        foreach (var item in reading.Services[service.Name]["volumes_from"].Items())
        {
            if (item.Text() is not { } text) continue;
            if (text.StartsWith("container:", StringComparison.Ordinal))
            {
                item.Error($"'{text}' is a container outside of the app", "a service of this app");
                continue;
            }
            var readOnly = text.EndsWith(":ro", StringComparison.Ordinal);
            foreach (var mount in all.FirstOrDefault(s => s.Name == text.Split(':')[0])?.Container.Mounts ?? [])
                if (mounts.All(m => m.Target != mount.Target)) mounts.Add(readOnly ? mount with { ReadOnly = true } : mount);
        }
        return service with { Container = service.Container with { Mounts = mounts } };
    }

    static void Add(List<MountModel> mounts, MountModel mount, Field item)
    {
        if (mounts.Any(m => m.Target == mount.Target)) item.Error($"two mounts have the target {mount.Target}", "different targets");
        else mounts.Add(mount);
    }

    static MountModel? Short(Field item, Reading reading)
    {
        if (item.Text() is not { } text) return null;
        var parts = MountSyntax.Split(text);
        if (!IsTarget(item, parts.Target, text)) return null;
        var readOnly = parts.Modes.Contains("ro");
        foreach (var mode in parts.Modes)
            if (mode is not ("ro" or "rw" or "z" or "Z" or "nocopy" or "cached" or "delegated" or "consistent" or "") && !IsPropagation(mode))
                item.Error($"the mode '{mode}' of '{text}' is not known", "ro, rw, z, Z, nocopy, or a propagation like rshared");
        if (parts.Source is null) return new MountModel { Kind = MountKind.Volume, Target = parts.Target, ReadOnly = readOnly };
        if (MountSyntax.IsPath(parts.Source))
        {
            return new MountModel
            {
                Kind = MountKind.Bind,
                Source = reading.HostPathOf(item, parts.Source),
                Target = parts.Target,
                ReadOnly = readOnly,
                CreateHostPath = true,
                Propagation = parts.Modes.FirstOrDefault(IsPropagation),
            };
        }
        return Named(item, parts.Source, reading) is { } name
            ? new MountModel { Kind = MountKind.Volume, Source = name, Target = parts.Target, ReadOnly = readOnly, NoCopy = parts.Modes.Contains("nocopy") } : null;
    }

    static MountModel? Long(Field item, Reading reading)
    {
        var source = item["source"].Text();
        var target = item["target"].Text()?.TrimEnd('/') ?? "";
        if (item["target"].Text() == "/") target = "/";
        var readOnly = item["read_only"].Bool() ?? false;
        if (!IsTarget(item, target, target)) return null;
        switch (item["type"].Text() ?? "volume")
        {
            case "bind" when source is null:
                item.Error("a bind mount without a source", "source: and a path of the host");
                return null;
            case "bind":
                return new MountModel
                {
                    Kind = MountKind.Bind,
                    Source = reading.HostPathOf(item, source),
                    Target = target,
                    ReadOnly = readOnly,
                    CreateHostPath = item["bind"]["create_host_path"].Bool() ?? true,
                    Propagation = item["bind"]["propagation"].Text(),
                };
            case "tmpfs":
                var mode = item["tmpfs"]["mode"].Text();
                return new MountModel { Kind = MountKind.Tmpfs, Target = target, TmpfsSize = item["tmpfs"]["size"].Bytes(), TmpfsMode = mode is null ? null : FileModes.Read(item["tmpfs"]["mode"]) };
            case "volume":
                if (source is null) return new MountModel { Kind = MountKind.Volume, Target = target, ReadOnly = readOnly };
                return Named(item["source"], source, reading) is { } name
                    ? new MountModel { Kind = MountKind.Volume, Source = name, Target = target, ReadOnly = readOnly, NoCopy = item["volume"]["nocopy"].Bool() ?? false } : null;
            case var other:
                item["type"].Error($"mounts of the type '{other}' can't be made", "volume, bind or tmpfs");
                return null;
        }
    }

    // TARGET[:size=64m,mode=1770]
    static MountModel? Tmpfs(string text, Field field)
    {
        var cut = text.IndexOf(':', StringComparison.Ordinal);
        var target = cut < 0 ? text : text[..cut];
        if (!IsTarget(field, target, text)) return null;
        long? size = null;
        int? mode = null;
        foreach (var option in cut < 0 ? [] : text[(cut + 1)..].Split(','))
        {
            if (option.StartsWith("size=", StringComparison.Ordinal) && ByteSizes.TryParse(option[5..], out var bytes)) size = bytes;
            else if (option.StartsWith("mode=", StringComparison.Ordinal) && FileModes.TryOctal(option[5..], out var bits)) mode = bits;
            else if (option is not ("rw" or "noexec" or "nosuid" or "nodev" or "")) field.Error($"the option '{option}' of '{text}' can't be set", "size= and mode=");
        }
        return new MountModel { Kind = MountKind.Tmpfs, Target = target, TmpfsSize = size, TmpfsMode = mode };
    }

    static string? Named(Field place, string key, Reading reading)
    {
        if (Reading.Has(reading.Volumes, key)) return VolumeReader.NameOf(key, reading);
        place.Error($"there is no volume '{key}'", Reading.Defined(reading.Volumes) + $"; ./{key} for a folder", key);
        return null;
    }

    static bool IsTarget(Field item, string target, string text)
    {
        if (target.StartsWith('/')) return true;
        item.Error($"'{text}' has no absolute path in the container", MountSyntax.Expected);
        return false;
    }

    static bool IsPropagation(string mode) => mode is "rprivate" or "private" or "rshared" or "shared" or "rslave" or "slave";
}

/// <summary>Permission bits: octal with a leading 0 or in quotes, else the number that YAML reads.</summary>
static class FileModes
{
    public static int? Read(Field field)
    {
        if (field.Text() is not { } text) return null;
        var isOctal = text.StartsWith('0') || field.Node is Scalar { IsPlain: false };
        if (isOctal ? TryOctal(text, out var bits) : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bits) && bits <= 4095) return bits;
        field.Error($"'{text}' are no permission bits", "an octal number, for example 0440");
        return null;
    }

    public static bool TryOctal(string text, out int bits)
    {
        bits = 0;
        var digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text;
        if (digits.Length is 0 or > 5 || digits.Any(c => c is < '0' or > '7')) return false;
        bits = Convert.ToInt32(digits, 8);
        return bits <= 4095;
    }
}
