using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>x-release.static</c>: a service without a container, whose files the gateway serves.</summary>
static class StaticReader
{
    const string ContainerOnly = "a service that runs in containers, or none of it: the gateway serves the files of a static service itself";

    /// <summary>What says of the image that the files come from.</summary>
    static readonly HashSet<string> Used = ["image", "build", "platform", "profiles", "extends", "pull_policy", "pull_refresh_after", "x-release"];

    /// <summary>What somebody counts on who writes it: without it the service would do something else than he thinks.</summary>
    static readonly HashSet<string> Missed = ["ports", "command", "entrypoint", "volumes", "volumes_from", "secrets", "configs", "network_mode"];

    static readonly string[] MissedOfRelease = ["port", "listen", "ready", "timeouts", "outliers", "before", "balance", "affinity", "max-connections", "retries", "breaker", "health", "protocol", "tls"];

    /// <param name="general">The file's own <c>x-release</c>.</param>
    public static void CheckFile(Field general)
    {
        if (!general["static"].IsMissing) general["static"].Error("the files are those of one service's image", "static: under the x-release of a service");
    }

    /// <param name="own">The service's <c>x-release</c>.</param>
    /// <returns>Null: the service runs in containers.</returns>
    public static StaticFiles? Read(Field own)
    {
        var field = own["static"];
        if (field.IsMissing || (field.Node is Scalar && field.Text() is "false")) return null;
        var isShort = field.Node is Scalar;
        if (!isShort && field.Node is not Mapping) field.Error($"{field.Node!.Kind} does not say which files", "the folder in the image: static: /srv/www, or static: {root: /srv/www}");
        var defaults = new StaticFiles { Root = "/" };
        return new StaticFiles
        {
            Root = Root(isShort ? field : field["root"], field),
            Index = Names(field["index"]) is { Count: > 0 } index ? index : defaults.Index,
            Extensions = Extensions(field["extensions"]),
            Fallback = PathOf(field["fallback"]),
            NotFound = PathOf(field["not-found"]),
            Dotfiles = field["dotfiles"].Bool() ?? false,
            Cache = Cache(field["cache"]),
        };
    }

    /// <summary>The service as far as it counts: what is for a container is an error where somebody would miss it, and a warning else.</summary>
    public static ServiceModel WithoutContainer(ServiceModel service, Field own, Reading reading)
    {
        var written = reading.Services[service.Name];
        foreach (var (key, value) in written.Entries())
            if (Missed.Contains(key) && !value.IsMissing) value.Error($"'{key}' is for a container, and none runs for '{service.Name}'", ContainerOnly, key);
            else if (!Used.Contains(key) && !key.StartsWith("x-", StringComparison.Ordinal) && !value.IsMissing)
                value.Warn($"not used: no container runs for '{service.Name}', the gateway serves its files");
        foreach (var key in MissedOfRelease)
            if (!own[key].IsMissing) own[key].Error($"'{key}' is for a container, and none runs for '{service.Name}'", ContainerOnly, key);
        if (!own["headers"]["request"].IsMissing) own["headers"]["request"].Warn($"not used: no container of '{service.Name}' gets the requests");
        if (own["strategy"].Text() == "recreate") own["strategy"].Error($"nothing of '{service.Name}' has to be stopped", "rolling, blue-green, canary or ab");
        return service with { Container = new ContainerSpec(), DependsOn = [], Ports = [], Expose = [], Networks = [], NetworkMode = null, Replicas = 1 };
    }

    /// <summary>A policy without what concerns instances: the file's own <c>x-release</c> may say it for the other services.</summary>
    public static RoutePolicy? WithoutInstances(RoutePolicy? policy)
    {
        var rest = policy is null ? null : policy with
        {
            RequestHeaders = null, Timeouts = null, Outliers = null, Balance = null, Affinity = null, MaxConnections = null, Retries = null, Breaker = null, Health = null,
        };
        return rest == new RoutePolicy() ? null : rest;
    }

    static string Root(Field field, Field whole)
    {
        if (field.Text() is not { Length: > 0 } text)
        {
            whole.Error("it does not say where in the image the files are", "root: /srv/www");
            return "/";
        }
        if (text.StartsWith('/') && !text.Contains("//", StringComparison.Ordinal) && !text.Split('/').Any(s => s is "." or "..")) return text.Length > 1 ? text.TrimEnd('/') : text;
        field.Error($"'{text}' is no folder in an image", "an absolute path, for example /srv/www");
        return "/";
    }

    static List<string> Names(Field field)
    {
        var names = field.Texts();
        foreach (var name in names.Where(name => name.Length == 0 || name.Contains('/', StringComparison.Ordinal)))
            field.Error($"'{name}' is no name of a file", "a name without a slash, for example index.html", name);
        return [.. names.Distinct()];
    }

    static List<string> Extensions(Field field)
    {
        var names = field.Texts();
        foreach (var name in names.Where(name => name.Length < 2 || name[0] != '.' || name.Contains('/', StringComparison.Ordinal)))
            field.Error($"'{name}' is no extension", "a dot and what stands behind it, for example .html", name);
        return [.. names.Distinct()];
    }

    static string? PathOf(Field field)
    {
        if (field.Text() is not { Length: > 0 } text) return null;
        var path = text.StartsWith('/') ? text : "/" + text;
        if (path.Length > 1 && !path.EndsWith('/') && path.IndexOfAny(['?', '#', '*']) < 0 && !path.Split('/').Skip(1).Any(s => s is "" or "." or "..")) return path;
        field.Error($"'{text}' is no path of a file", "a path below the root, for example /index.html");
        return null;
    }

    static List<CacheRule> Cache(Field field)
    {
        var rules = new List<CacheRule>();
        foreach (var (path, value) in field.Entries())
        {
            var isPath = path.Length > 0 && path.IndexOfAny(['?', '#', ' ']) < 0 && (path.StartsWith('/') || !path.Contains('/', StringComparison.Ordinal)) && path.Length <= MatchPattern.Longest;
            if (!isPath) value.Error($"'{path}' says nothing of paths", "/assets for all below, /assets/** or *.html with stars, or a file's name", path);
            var control = value.Text() switch
            {
                null => Missing(value, path),
                "immutable" => CacheRule.Immutable,
                "no-cache" => CacheRule.Revalidated,
                "no-store" => "no-store",
                "none" => "",
                var text when Durations.TryParse(text, out var age) && age >= TimeSpan.Zero => string.Create(CultureInfo.InvariantCulture, $"max-age={(long)age.TotalSeconds}"),
                var text => Wrong(value, text),
            };
            if (isPath && control is not null) rules.Add(new CacheRule(path, control));
        }
        return rules;
    }

    static string? Missing(Field value, string path)
    {
        value.Error($"it does not say how long '{path}' may be kept", "immutable, no-cache, no-store, none, or a duration: 1h", path);
        return null;
    }

    static string? Wrong(Field value, string text)
    {
        value.Error($"'{text}' says not how long", "immutable, no-cache, no-store, none (no Cache-Control at all), or a duration: 1h", text);
        return null;
    }
}
