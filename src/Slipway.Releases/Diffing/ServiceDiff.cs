using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Diffing;

/// <summary>Two versions of one service. What has names (variables, mounts, files, networks) is compared by them, the rest by the path of its property.</summary>
static class ServiceDiff
{
    /// <summary>Compared by name, below.</summary>
    static readonly HashSet<string> Apart = ["environment", "labels", "mounts", "files", "gatewayPorts", "listen"];

    /// <summary>Their keys are the person's own.</summary>
    static readonly HashSet<string> Dictionaries = ["sysctls", "ulimits", "logOptions", "set", "users"];

    public static IEnumerable<ModelChange> Between(ServiceModel before, string? imageBefore, ServiceModel after, string? imageAfter)
    {
        var (name, old, now) = (after.Name, before.Container, after.Container);
        return
        [
            .. Image(before, imageBefore, after, imageAfter),
            .. Build(name, before.Build, after.Build),
            .. Pairs(name, ChangeKind.Environment, "environment", old.Environment, now.Environment),
            .. Files(name, old.Files, now.Files),
            .. Pairs(name, ChangeKind.Volume, "volumes", Mounts(old), Mounts(now)),
            .. Ports(name, before, after),
            .. Pairs(name, ChangeKind.Release, "x-release.listen", Listen(before), Listen(after)),
            .. Pairs(name, ChangeKind.Network, "networks", Networks(before), Networks(after)),
            .. Pairs(name, ChangeKind.Dependency, "depends_on", Dependencies(before), Dependencies(after)),
            .. Pairs(name, ChangeKind.Container, "labels", old.Labels, now.Labels),
            .. Walk(name, ChangeKind.Container, "", Node(old), Node(now)),
            .. Plain(name, "network_mode", before.NetworkMode, after.NetworkMode),
            .. Plain(name, "expose", ValueText.List(before.Expose), ValueText.List(after.Expose)),
            .. Plain(name, "deploy.replicas", $"{before.Replicas}", $"{after.Replicas}"),
            .. Walk(name, ChangeKind.Release, "x-release", Node(before.Release), Node(after.Release)),
        ];
    }

    static IEnumerable<ModelChange> Image(ServiceModel before, string? digestBefore, ServiceModel after, string? digestAfter)
    {
        var isKnown = digestBefore is not null && digestAfter is not null;
        if (isKnown ? digestBefore == digestAfter : before.Image == after.Image) return [];
        var (was, willBe) = isKnown && (before.Image == after.Image || before.Image is null || after.Image is null) ? (digestBefore, digestAfter) : (before.Image, after.Image);
        return [new ModelChange { Service = after.Name, Kind = ChangeKind.Image, Key = "image", Before = was, After = willBe }];
    }

    static IEnumerable<ModelChange> Build(string service, BuildModel? before, BuildModel? after)
    {
        if (before is null && after is null) return [];
        var (was, willBe) = (Node(before, ModelJson.Default.BuildModel), Node(after, ModelJson.Default.BuildModel));
        if (was is null || willBe is null)
            return [new ModelChange { Service = service, Kind = ChangeKind.Build, Key = "build", Before = was is null ? null : "built here", After = willBe is null ? null : "built here" }];
        // Where the folder stood is no property of what it holds; arguments have names.
        foreach (var one in (JsonObject[])[was, willBe])
        {
            one.Remove("context");
            one.Remove("args");
        }
        return
        [
            .. Walk(service, ChangeKind.Build, "build", was, willBe),
            .. Pairs(service, ChangeKind.Build, "build.args", before!.Args, after!.Args),
        ];
    }

    /// <summary>Kept files are named by their content: of a config that is shown, of a secret nothing is.</summary>
    static IEnumerable<ModelChange> Files(string service, IReadOnlyList<FileGrant> before, IReadOnlyList<FileGrant> after)
    {
        static (string, string) Key(FileGrant grant) => (grant.IsSecret ? "secrets" : "configs", grant.Name + "\0" + grant.Target);
        var (old, now) = (before.ToLookup(Key), after.ToLookup(Key));
        foreach (var key in now.Select(g => g.Key).Concat(old.Select(g => g.Key)).Distinct())
        {
            var (was, willBe) = (old[key].FirstOrDefault(), now[key].FirstOrDefault());
            if (was == willBe || (was is not null && willBe is not null && (was.Source, was.Content, was.Mode) == (willBe.Source, willBe.Content, willBe.Mode))) continue;
            var isSecret = key.Item1 == "secrets";
            yield return new ModelChange
            {
                Service = service,
                Kind = isSecret ? ChangeKind.Secret : ChangeKind.Config,
                Key = $"{key.Item1}.{(was ?? willBe)!.Name}",
                Before = Text(was),
                After = Text(willBe),
                IsSecret = isSecret,
            };
        }

        static string? Text(FileGrant? grant) => grant switch
        {
            null => null,
            { IsSecret: true } => Secrecy.Mask,
            _ => $"{grant.Target}{(grant.Source is { } path && Path.GetFileName(path).Split('.')[0] is { Length: 64 } hash ? $" ({hash[..12]})" : "")}",
        };
    }

    static IEnumerable<ModelChange> Ports(string service, ServiceModel before, ServiceModel after)
    {
        static List<string> Of(ServiceModel s) =>
        [
            .. s.Release.GatewayPorts.Select(p => (Port: new PortModel { HostAddress = p.Address, Published = p.Port, Target = s.Release.Port ?? 0 }, p.Tls)).Concat(s.Ports.Select(p => (Port: p, Tls: false)))
                .Select(p => p.Port.ToString().Replace(":0/", ":?/", StringComparison.Ordinal) + (p.Tls ? " (https)" : "")),
        ];
        var (old, now) = (Of(before), Of(after));
        // Which container port that of the gateway goes to may be known from the image alone.
        if (before.Release.Port is null || after.Release.Port is null) (old, now) = ([.. old.Select(Outer)], [.. now.Select(Outer)]);
        foreach (var gone in old.Except(now)) yield return new ModelChange { Service = service, Kind = ChangeKind.Port, Key = "ports", Before = gone };
        foreach (var added in now.Except(old)) yield return new ModelChange { Service = service, Kind = ChangeKind.Port, Key = "ports", After = added };

        static string Outer(string port) => port[..port.LastIndexOf(':')] + port[port.LastIndexOf('/')..];
    }

    static IEnumerable<ModelChange> Pairs(string service, ChangeKind kind, string section, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        foreach (var name in after.Keys.Concat(before.Keys).Distinct().Order(StringComparer.Ordinal))
            if (Change(service, kind, $"{section}.{name}", before.GetValueOrDefault(name), after.GetValueOrDefault(name), Secrecy.IsName(name) && kind is ChangeKind.Environment or ChangeKind.Build) is { } change)
                yield return change;
    }

    static IEnumerable<ModelChange> Plain(string service, string key, string? before, string? after) =>
        Change(service, ChangeKind.Container, key, before, after, isSecret: false) is { } change ? [change] : [];

    /// <summary>Down to the properties that differ; an object that only one side has is one change, where the file has a key for it.</summary>
    static IEnumerable<ModelChange> Walk(string service, ChangeKind kind, string path, JsonNode? before, JsonNode? after, string? property = null)
    {
        if (property is not null && PropertyWords.HasNoKey(kind, property)) (before, after) = (before ?? (after is JsonObject ? new JsonObject() : null), after ?? (before is JsonObject ? new JsonObject() : null));
        if (before is JsonObject old && after is JsonObject now)
        {
            foreach (var name in now.Select(p => p.Key).Concat(old.Select(p => p.Key)).Distinct())
                if (!Apart.Contains(name) || (property is not null && Dictionaries.Contains(property)))
                    foreach (var change in Walk(service, kind, PropertyWords.Path(kind, path, name, property is not null && Dictionaries.Contains(property)), old[name], now[name], name)) yield return change;
            yield break;
        }
        if (JsonNode.DeepEquals(before, after) || (!ValueText.IsWorthShowing(before) && !ValueText.IsWorthShowing(after))) yield break;
        var isSecret = path.Contains("auth.users", StringComparison.Ordinal) || (property is not null && Secrecy.IsName(property));
        if (Change(service, kind, path, ValueText.Of(property, before), ValueText.Of(property, after), isSecret) is { } one) yield return one;
    }

    static ModelChange? Change(string service, ChangeKind kind, string key, string? before, string? after, bool isSecret)
    {
        if (before == after) return null;
        var (was, willBe) = isSecret ? (before is null ? null : Secrecy.Mask, after is null ? null : Secrecy.Mask) : (Secrecy.Masked(before), Secrecy.Masked(after));
        return new ModelChange { Service = service, Kind = kind, Key = key, Before = was, After = willBe, IsSecret = isSecret || was == willBe };
    }

    static Dictionary<string, string> Listen(ServiceModel service) => service.Release.Listen.GroupBy(l => l.ToString()).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(ValueText.Listen)));

    static Dictionary<string, string> Mounts(ContainerSpec container) => container.Mounts.GroupBy(m => m.Target).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(ValueText.Mount)));

    static Dictionary<string, string> Networks(ServiceModel service) => service.Networks.GroupBy(n => n.Network).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(ValueText.Attachment)));

    static Dictionary<string, string> Dependencies(ServiceModel service) => service.DependsOn.GroupBy(d => d.Service).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(ValueText.Dependency)));

    static JsonObject Node(ContainerSpec container) => Node(container, ModelJson.Default.ContainerSpec)!;

    static JsonObject Node(ReleasePolicy policy) => Node(policy, ModelJson.Default.ReleasePolicy)!;

    static JsonObject? Node<T>(T? value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class =>
        value is null ? null : (JsonObject)WorkloadIdentity.Canonical(JsonSerializer.SerializeToNode(value, type))!;
}
