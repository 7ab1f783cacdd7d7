namespace Slipway.Registry.Images.Diffs;

/// <summary>What two configs say differently, value by value.</summary>
static class ConfigDiff
{
    public static IReadOnlyList<ConfigChange> Of(ImageConfig? before, ImageConfig? after)
    {
        var (from, to) = (Values(before), Values(after));
        return [.. from.Keys.Union(to.Keys).Order(StringComparer.Ordinal)
            .Select(key => new ConfigChange(key, from.GetValueOrDefault(key), to.GetValueOrDefault(key))).Where(change => change.Before != change.After)];
    }

    static Dictionary<string, string> Values(ImageConfig? config)
    {
        var values = new Dictionary<string, string>();
        if (config is null) return values;
        Add("os", config.Os);
        Add("architecture", config.Architecture);
        Add("variant", config.Variant);
        Add("user", config.User);
        Add("workingDir", config.WorkingDir);
        Add("stopSignal", config.StopSignal);
        Add("entrypoint", config.Entrypoint is null ? null : string.Join(' ', config.Entrypoint));
        Add("command", config.Command is null ? null : string.Join(' ', config.Command));
        foreach (var variable in config.Environment ?? [])
            if (variable.IndexOf('=', StringComparison.Ordinal) is var equals and > 0) values[$"environment.{variable[..equals]}"] = variable[(equals + 1)..];
        foreach (var (name, value) in config.Labels ?? new Dictionary<string, string>()) values[$"labels.{name}"] = value;
        foreach (var port in config.Ports ?? []) values[$"ports.{port}"] = "exposed";
        foreach (var volume in config.Volumes ?? []) values[$"volumes.{volume}"] = "declared";
        return values;

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value)) values[key] = value;
        }
    }
}
