namespace Slipway.Releases.Compose;

/// <summary>
/// Lays one Compose file over another (Compose Specification, 13-merge.md): mappings merge, lists append, single values are replaced.
/// The exceptions, by path below a service:
/// <code>
/// command, entrypoint, healthcheck.test, x-release.**   the later one replaces
/// ports                                                 unique by {address, target, published, protocol}
/// volumes, secrets, configs, devices                    unique by target
/// environment, labels, depends_on, networks, args ...   a list becomes a mapping first
/// </code>
/// </summary>
static class TreeMerge
{
    public static Node Merge(Node under, Node over, string path = "")
    {
        if (over.Tag != MergeTag.None) return over;
        if (over.IsNull && under is not Scalar) return under;
        if (Key(path) == "build") (under, over) = (BuildMapping(under), BuildMapping(over));
        if (IsKeyed(path)) (under, over) = (AsMapping(under), AsMapping(over));
        if (IsListOrText(path)) (under, over) = (AsList(under), AsList(over));
        if (IsReplaced(path)) return over;
        return (under, over) switch
        {
            (Mapping below, Mapping above) when IsOtherDriver(path, below, above) => over,
            (Mapping below, Mapping above) => Merge(below, above, path),
            (Sequence below, Sequence above) => Append(below, above, path),
            _ => over,
        };
    }

    /// <summary>Takes out what <c>!reset</c> removed.</summary>
    public static Node? Settle(Node node) => node.Tag == MergeTag.Reset ? null : node switch
    {
        Mapping mapping => new Mapping(mapping.Mark, [.. mapping.Entries.Select(e => (e, Settle(e.Value))).Where(p => p.Item2 is not null).Select(p => p.e with { Value = p.Item2! })]),
        Sequence list => new Sequence(list.Mark, [.. list.Items.Select(Settle).OfType<Node>()]),
        _ => node,
    };

    static Mapping Merge(Mapping under, Mapping over, string path)
    {
        var above = over.Entries.ToDictionary(e => e.Key, StringComparer.Ordinal);
        var entries = new List<Entry>();
        foreach (var entry in under.Entries)
        {
            if (!above.Remove(entry.Key, out var later)) entries.Add(entry);
            else entries.Add(later with { Value = Merge(entry.Value, later.Value, path.Length == 0 ? entry.Key : path + "." + entry.Key) });
        }
        entries.AddRange(over.Entries.Where(e => above.ContainsKey(e.Key)));
        return new Mapping(over.Mark, entries, under.Tag);
    }

    static Sequence Append(Sequence under, Sequence over, string path)
    {
        Func<Node, string?> identify = Key(path) switch
        {
            "ports" => ResourceIdentity.OfPort,
            "volumes" => ResourceIdentity.OfMount,
            "devices" => ResourceIdentity.OfDevice,
            "secrets" => node => ResourceIdentity.OfGrant(node, "/run/secrets/"),
            "configs" => node => ResourceIdentity.OfGrant(node, "/"),
            _ => node => node is Scalar scalar ? scalar.Text : null,
        };
        var items = under.Items.ToList();
        foreach (var item in over.Items)
        {
            var identity = identify(item);
            var same = identity is null ? -1 : items.FindIndex(i => identify(i) == identity);
            if (same < 0) items.Add(item);
            else items[same] = items[same] is Mapping below && item is Mapping above ? Merge(below, above, path + "[]") : item;
        }
        return new Sequence(over.Mark, items, under.Tag);
    }

    // The key below services.NAME ("ports", "build.args"), or "" elsewhere.
    static string Key(string path)
    {
        var parts = path.Split('.', 3);
        return parts is ["services", _, var key] ? key : "";
    }

    static bool IsReplaced(string path) =>
        Key(path) is "command" or "entrypoint" or "healthcheck.test" || (path.Contains("x-release.", StringComparison.Ordinal) && path.Split('.')[^1] is "host" or "steps" or "match");

    static bool IsKeyed(string path) => Key(path) is "environment" or "labels" or "annotations" or "depends_on" or "networks" or "sysctls" or "extra_hosts"
        or "build.args" or "build.labels" or "build.extra_hosts" or "deploy.labels"
        || path.Split('.') is ["networks" or "volumes" or "secrets" or "configs", _, "labels"];

    static bool IsListOrText(string path) => Key(path) is "dns" or "dns_search" or "tmpfs" or "env_file" or "label_file" or "profiles";

    static bool IsOtherDriver(string path, Mapping under, Mapping over) =>
        Key(path) == "logging" && over.Find("driver") is Scalar later && under.Find("driver") is Scalar earlier && later.Text != earlier.Text;

    static Node BuildMapping(Node node) => node is Scalar { IsNullText: false } context ? new Mapping(context.Mark, [new Entry("context", context.Mark, context)], context.Tag) : node;

    static Node AsList(Node node) => node is Scalar { IsNullText: false } or Mapping ? new Sequence(node.Mark, [node], node.Tag) : node;

    // KEY=VALUE; KEY alone keeps null, which is "from the environment". extra_hosts may write NAME:ADDRESS.
    static Node AsMapping(Node node)
    {
        if (node is not Sequence list || list.Items.Any(i => i is not Scalar)) return node;
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var item in list.Items.Cast<Scalar>())
        {
            var cut = item.Text.IndexOf('=', StringComparison.Ordinal);
            if (cut < 0 && item.Text.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && !item.Text.Contains("://", StringComparison.Ordinal)) cut = colon;
            var key = cut < 0 ? item.Text : item.Text[..cut];
            var value = cut < 0 ? new Scalar(item.Mark, "", plain: true) : new Scalar(item.Mark, item.Text[(cut + 1)..], plain: false);
            entries[key] = new Entry(key, item.Mark, value);
        }
        return new Mapping(list.Mark, [.. entries.Values], list.Tag);
    }
}
