using System.Globalization;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>The labels by which a server with an empty memory finds everything it owns, and the names that it gives.</summary>
static class DockerLabels
{
    public const string App = "dev.slipway.app";
    public const string Service = "dev.slipway.service";
    public const string Release = "dev.slipway.release";
    public const string Hash = "dev.slipway.hash";
    public const string Index = "dev.slipway.index";
    public const string Slot = "dev.slipway.slot";

    /// <summary>Of a job's container its number among the jobs of the service.</summary>
    public const string Job = "dev.slipway.job";

    /// <summary>Of a container that was made to read files of its image, and is no instance.</summary>
    public const string Reader = "dev.slipway.reader";

    /// <summary>guestbook.web.v2.1, of a job guestbook.web.v2.before-1. An app's name has no dot, so that names of two apps never meet.</summary>
    public static string InstanceName(Workload workload, int index) => workload.Job is { } job
        ? string.Create(CultureInfo.InvariantCulture, $"{workload.App}.{workload.Service}.v{workload.Release}.before-{job}")
        : string.Create(CultureInfo.InvariantCulture, $"{workload.App}.{workload.Service}.v{workload.Release}.{index}");

    /// <summary>What the names of an app's slot networks begin with: slipway.APP.SLOT.KEY.</summary>
    public static string NetworkPrefix(AppName app) => $"slipway.{app}.";

    /// <summary>blue or green of slipway.APP.SLOT.KEY, or null where the name is of another form.</summary>
    public static string? SlotOf(AppName app, string network)
    {
        var prefix = NetworkPrefix(app);
        if (!network.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var rest = network[prefix.Length..];
        return rest.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 ? rest[..dot] : null;
    }

    public static IReadOnlyDictionary<string, string> OfInstance(Workload workload, int index)
    {
        var labels = new Dictionary<string, string>(workload.Container.Labels)
        {
            [App] = workload.App.Value,
            [Service] = workload.Service,
            [Release] = workload.Release.ToString(CultureInfo.InvariantCulture),
            [Hash] = workload.Hash,
            [Index] = index.ToString(CultureInfo.InvariantCulture),
        };
        if (workload.Job is { } job) labels[Job] = job.ToString(CultureInfo.InvariantCulture);
        return labels;
    }

    /// <summary>A query parameter "filters" (Engine API): {"label":["a","b=c"],"type":["container"]}, escaped.</summary>
    public static string Filters(params IReadOnlyList<(string Key, string[] Values)> filters) => "filters=" + Uri.EscapeDataString(JsonSerializer.Serialize(
        filters.ToDictionary(filter => filter.Key, filter => filter.Values), DockerJson.Default.DictionaryStringStringArray));

    /// <summary>The label filter of one app, or of all apps.</summary>
    public static string Of(AppName? app) => app is null ? App : $"{App}={app}";
}
