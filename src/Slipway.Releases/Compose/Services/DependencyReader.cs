using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>depends_on</c>, and the dependencies that links and volumes_from imply.</summary>
static class DependencyReader
{
    public static IReadOnlyList<DependencyModel> Read(string name, Field service, Reading reading)
    {
        var found = new List<(DependencyModel Model, Field Field)>();
        var field = service["depends_on"];
        if (field.Node is Mapping) found.AddRange(field.Entries().Select(e => (Long(e.Key, e.Value), e.Value.Node is null ? field : e.Value)));
        else found.AddRange(field.Items().Where(i => i.Text() is not null).Select(i => (new DependencyModel { Service = i.Text()! }, i)));

        foreach (var link in service["links"].Items())
            if (link.Text() is { } text) found.Add((new DependencyModel { Service = text.Split(':')[0] }, link));
        foreach (var from in service["volumes_from"].Items())
            if (from.Text() is { } text && !text.StartsWith("container:", StringComparison.Ordinal)) found.Add((new DependencyModel { Service = text.Split(':')[0] }, from));

        // An explicit entry says more than an implied one, and stands first.
        var known = found.DistinctBy(f => f.Model.Service).Where(f => IsUsable(name, f.Model, f.Field, reading));
        return [.. known.Select(f => f.Model)];
    }

    static DependencyModel Long(string name, Field entry)
    {
        var word = entry["condition"].Text();
        DependencyCondition? condition = word switch
        {
            null or "service_started" => DependencyCondition.Started,
            "service_healthy" => DependencyCondition.Healthy,
            "service_completed_successfully" => DependencyCondition.CompletedSuccessfully,
            _ => null,
        };
        if (condition is null) entry["condition"].Error($"the condition '{word}' is not known", "service_started, service_healthy or service_completed_successfully");
        return new DependencyModel { Service = name, Condition = condition ?? DependencyCondition.Started, Required = entry["required"].Bool() ?? true };
    }

    static bool IsUsable(string name, DependencyModel dependency, Field field, Reading reading)
    {
        var other = reading.Services[dependency.Service];
        if (dependency.Service == name)
        {
            field.Error($"'{name}' depends on itself", "another service");
            return false;
        }
        if (!Reading.Has(reading.Services, dependency.Service))
        {
            if (dependency.Required) field.Error($"there is no service '{dependency.Service}'", Reading.Defined(reading.Services), dependency.Service);
            else field.Warn($"there is no service '{dependency.Service}'; it is not required");
            return false;
        }
        if (reading.IsEnabled(dependency.Service)) return true;
        if (dependency.Required)
        {
            field.Error($"'{dependency.Service}' is only part of the profile {string.Join(", ", other["profiles"].Texts())}, which is not active",
                $"--profile {string.Join(" or ", other["profiles"].Texts())}, or required: false", dependency.Service);
        }
        return false;
    }
}
