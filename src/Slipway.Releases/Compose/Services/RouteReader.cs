using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>What <c>x-release</c> asks of the gateway beside forwarding: headers, paths, redirects, protection, compression.</summary>
static class RouteReader
{
    /// <param name="field">The service's own policy over the file's.</param>
    /// <param name="path">Of the service's routes.</param>
    /// <returns>Null: nothing is asked for.</returns>
    public static RoutePolicy? Read(Field field, string path, Reading reading)
    {
        var (balance, timeouts) = (BalanceReader.Balance(field["balance"]), Timeouts(field["timeouts"]));
        var policy = new RoutePolicy
        {
            RequestHeaders = Headers(field["headers"]["request"]),
            ResponseHeaders = Headers(field["headers"]["response"]),
            Rewrite = Rewrite(field, path),
            Addresses = Addresses(field["addresses"]),
            BasicAuth = Auth(field["auth"], reading),
            Rate = Rate(field["rate"]),
            MaxRequests = field["max-requests"].Int(1, 1_000_000),
            MaxBody = field["max-body"].Bytes(),
            Timeouts = timeouts,
            Compress = field["compress"].Bool() ?? false,
            Outliers = Outliers(field["outliers"]),
            Balance = balance,
            Affinity = BalanceReader.Affinity(field["affinity"], balance),
            MaxConnections = field["max-connections"].Int(1, 1_000_000),
            Retries = FailureReader.Retries(field["retries"], timeouts),
            Breaker = FailureReader.Breaker(field["breaker"]),
            Health = FailureReader.Health(field["health"]),
        };
        return policy == new RoutePolicy() ? null : policy;
    }

    /// <summary>What of it holds for connections too.</summary>
    public static RoutePolicy? OfConnections(RoutePolicy? policy)
    {
        var kept = new RoutePolicy { Addresses = policy?.Addresses, Timeouts = policy?.Timeouts?.Connect is { } connect ? new UpstreamTimeouts { Connect = connect } : null };
        return kept == new RoutePolicy() ? null : kept;
    }

    /// <param name="own">The service's own policy: a redirect of the whole file would be claimed by every service.</param>
    /// <param name="field">That over the file's.</param>
    /// <param name="hosts">Of the service.</param>
    public static IReadOnlyList<RedirectRule> Redirects(Field own, Field field, IReadOnlyList<string> hosts)
    {
        if (own["redirect"].IsMissing)
        {
            if (!field["redirect"].IsMissing) field["redirect"].Error("a redirect belongs to one service", "redirect: under the x-release of a service");
            return [];
        }
        var rules = new List<RedirectRule>();
        foreach (var item in own["redirect"].Node is Mapping ? [own["redirect"]] : own["redirect"].Items())
            if (Redirect(item, hosts) is { } rule) rules.Add(rule);
        return rules;
    }

    static RedirectRule? Redirect(Field item, IReadOnlyList<string> hosts)
    {
        if (item["from"].Text() is not { } from || item["to"].Text() is not { } to)
        {
            item.Error("the redirect does not say from where to where", "{from: www.shop.example.com, to: shop.example.com}", "no from or no to");
            return null;
        }
        if (!TryPlace(from, withScheme: false, out _, out var fromHost, out var fromPath) || (fromHost is not null && !HostNames.IsPattern(fromHost)))
        {
            item["from"].Error($"'{from}' is nothing to redirect from", "a host, a path, or both: www.shop.example.com, /old, shop.example.com/old");
            return null;
        }
        if (!TryPlace(to, withScheme: true, out var scheme, out var toHost, out var toPath))
        {
            item["to"].Error($"'{to}' is nothing to redirect to", "a host, a path or a URL without a query: shop.example.com, /new, https://shop.example.com/new");
            return null;
        }
        var status = item["code"].Int(301, 308) ?? 308;
        if (status is not (301 or 302 or 303 or 307 or 308)) item["code"].Error($"{status} is no redirect", "301, 302, 303, 307 or 308 (the default)");
        var isSameHost = toHost is null || toHost == fromHost || (fromHost is null && hosts is [var only] && only == toHost);
        if (isSameHost && scheme is null && (toPath == fromPath || fromPath == "/" || toPath.StartsWith(fromPath + "/", StringComparison.Ordinal)))
            item.Error($"what is redirected to {to} would be redirected again, for ever", "a 'to' that 'from' does not cover", to);
        return new RedirectRule { FromHost = fromHost, FromPath = fromPath, To = new RouteRedirect { Scheme = scheme, Host = toHost, Path = toPath, Status = status } };
    }

    /// <summary>[scheme://]host[:port][/path], or /path.</summary>
    static bool TryPlace(string text, bool withScheme, out string? scheme, out string? host, out string path)
    {
        (scheme, host, path) = (null, null, "/");
        var rest = text;
        if (rest.IndexOf("://", StringComparison.Ordinal) is >= 0 and var end)
        {
            scheme = rest[..end].ToLowerInvariant();
            if (!withScheme || scheme is not ("http" or "https")) return false;
            rest = rest[(end + 3)..];
            if (rest.StartsWith('/')) return false;
        }
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash != 0) host = (slash < 0 ? rest : rest[..slash]).ToLowerInvariant();
        if (slash >= 0) path = rest[slash..];
        if (path.Length > 1) path = path.TrimEnd('/');
        return IsPath(path) && (host is null || !withScheme || IsAuthority(host));
    }

    static bool IsAuthority(string host)
    {
        var colon = host.IndexOf(':', StringComparison.Ordinal);
        return HostNames.IsValid(colon < 0 ? host : host[..colon])
            && (colon < 0 || (int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535));
    }

    static bool IsPath(string path) =>
        path is ['/', ..] && !path.Contains("//", StringComparison.Ordinal) && path.All(c => c is > ' ' and < '\x7f' and not ('?' or '#' or '\\' or '*' or '"' or '<' or '>'))
        && !path.Split('/').Any(s => s is "." or "..");

    static HeaderChanges? Headers(Field field)
    {
        if (field.IsMissing) return null;
        var set = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in field["set"].Entries())
        {
            CheckName(field["set"], name, value);
            if (value.IsMissing) value.Error($"'{name}' is set to nothing", $"a value, or {name} under remove", name);
            if (value.Text() is not { } text) continue;
            if (!HeaderRules.IsValue(text)) value.Error($"the value of '{name}' is no header's", HeaderRules.ExpectedValue, "(not shown)");
            else set[name] = text;
        }
        var removed = new List<string>();
        foreach (var item in field["remove"].Node is Scalar ? [field["remove"]] : field["remove"].Items())
            if (item.Text() is { } name)
            {
                CheckName(item, name, item);
                removed.Add(name);
            }
        if (set.Count == 0 && removed.Count == 0) return null;
        return new HeaderChanges { Set = set, Remove = removed };
    }

    static void CheckName(Field place, string name, Field item)
    {
        if (!HeaderRules.IsChangeable(name)) (item.IsMissing ? place : item).Error($"'{name}' is no header that can be changed", HeaderRules.ExpectedName, name);
    }

    static PathRewrite? Rewrite(Field field, string path)
    {
        var (strip, rewrite) = (field["strip"], field["rewrite"]);
        if (strip.Node is Scalar { Text: "false" }) strip = strip with { Node = null };
        if (!strip.IsMissing && !rewrite.IsMissing)
        {
            rewrite.Error("strip and rewrite both say what becomes of the path", "one of them: rewrite takes the route's path away too");
            return null;
        }
        if (rewrite.Text() is { } with)
        {
            if (with.Length > 1) with = with.TrimEnd('/');
            if (!IsPath(with)) rewrite.Error($"'{with}' is no path", "a path that begins with /, for example /v2");
            else if (with != path) return new PathRewrite(path, with == "/" ? "" : with);
            return null;
        }
        if (strip.Text() is not { } text) return null;
        var prefix = text == "true" ? path : text.Length > 1 ? text.TrimEnd('/') : text;
        if (!IsPath(prefix) || prefix == "/") strip.Error(prefix == "/" ? "there is nothing to strip from /" : $"'{text}' is no path", "true, with a path beside it, or a part of that path, for example /api");
        else if (path != prefix && !path.StartsWith(prefix + "/", StringComparison.Ordinal)) strip.Error($"no request of the route has a path that begins with '{prefix}': its path is {path}", $"{path}, a part of it at a slash, or true");
        else return new PathRewrite(prefix, "");
        return null;
    }

    static AddressRules? Addresses(Field field)
    {
        if (field.IsMissing) return null;
        var rules = new AddressRules { Allow = NetworksOf(field["allow"]), Deny = NetworksOf(field["deny"]) };
        if (rules.Allow.Count == 0 && rules.Deny.Count == 0) field.Error("neither allow nor deny names an address", "allow: [10.0.0.0/8], or deny");
        return rules;
    }

    static List<string> NetworksOf(Field field)
    {
        var networks = new List<string>();
        foreach (var item in field.Node is Scalar ? [field] : field.Items())
            if (item.Text() is { } text)
            {
                if (!Cidr.TryParse(text, out _)) item.Error($"'{text}' is no network", Cidr.Expected);
                else networks.Add(text);
            }
        return networks;
    }

    public static BasicAuth? Auth(Field field, Reading reading)
    {
        if (field.IsMissing) return null;
        var users = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var (listed, file, realm) = (field["users"], field["file"], field["realm"]);
        foreach (var (name, value) in listed.Entries()) Add(users, value, name, value.Text());
        if (file.Text() is { } path)
        {
            var full = reading.HostPathOf(file, path);
            if (!File.Exists(full)) file.Error($"{reading.Files.Show(full)} does not exist", "a file as htpasswd writes it: NAME:HASH in each line", path);
            else
                foreach (var line in File.ReadLines(full).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
                    Add(users, file, line.Split(':')[0], line.Contains(':', StringComparison.Ordinal) ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..] : null);
        }
        if (users.Count == 0) field.Error("nobody is let in", "users: {NAME: HASH}, or file: as htpasswd writes it", "no users");
        if (realm.Text() is { } text && !text.All(c => c is >= ' ' and < '\x7f' and not '"' and not '\\')) realm.Error($"'{text}' is no realm", "printable ASCII without \" and \\");
        return new BasicAuth { Realm = realm.Text() ?? reading.App.Value, Users = users };
    }

    /// <summary>The hash itself stands in no message.</summary>
    static void Add(SortedDictionary<string, string> users, Field place, string name, string? hash)
    {
        if (hash is null || !PasswordHashes.IsKnown(hash)) place.Error($"the hash of '{name}' can't be verified", PasswordHashes.Expected + "; in a Compose file each $ is written $$", "(not shown)");
        else if (!users.TryAdd(name, hash)) place.Error($"'{name}' stands there twice", "each name once", name);
    }

    static RateLimit? Rate(Field field)
    {
        const string Expected = "REQUESTS/s, /m or /h, for example 100/m, or {requests: 100, per: 1m}";
        if (field.IsMissing) return null;
        if (field.Node is not Mapping)
        {
            if (field.Text() is not { } text) return null;
            var parts = text.Split('/');
            if (parts is [var number, var unit] && Number(number.Trim()) is { } each && Unit(unit.Trim()) is { } time) return new RateLimit { Requests = each, Per = time, Burst = each };
            field.Error($"'{text}' is no rate", Expected);
            return null;
        }
        if (field["requests"].IsMissing) field.Error("the rate does not say how many requests", Expected, "no requests");
        if (field["requests"].Int(1, 1_000_000) is not { } requests) return null;
        var per = field["per"].Duration() ?? TimeSpan.FromSeconds(1);
        if (per <= TimeSpan.Zero || per > TimeSpan.FromDays(1)) field["per"].Error($"'{field["per"].Text()}' is no time of a rate", "longer than nothing and at most a day, for example 1m");
        return new RateLimit { Requests = requests, Per = per, Burst = field["burst"].Int(1, 1_000_000) ?? requests, Header = By(field["by"]) };
    }

    static TimeSpan? Unit(string unit) => unit switch { "s" => TimeSpan.FromSeconds(1), "m" => TimeSpan.FromMinutes(1), "h" => TimeSpan.FromHours(1), _ => null };

    static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1_000_000 ? number : null;

    static string? By(Field field)
    {
        switch (field.Text())
        {
            case null or "address":
                return null;
            case ['h', 'e', 'a', 'd', 'e', 'r', ':', .. var name] when HeaderRules.IsName(name.Trim()):
                return name.Trim();
            case var text:
                field.Error($"'{text}' is no way to tell clients apart", "address or header:NAME, for example header:X-Api-Key");
                return null;
        }
    }

    static UpstreamTimeouts? Timeouts(Field field)
    {
        if (field.IsMissing) return null;
        return new UpstreamTimeouts { Connect = Positive(field["connect"]), Answer = Positive(field["answer"]), Idle = Positive(field["idle"]) };
    }

    static OutlierPolicy? Outliers(Field field)
    {
        if (field.IsMissing) return null;
        var defaults = new OutlierPolicy();
        if (field.Node is Scalar) return field.Bool() == true ? defaults : null;
        return new OutlierPolicy
        {
            Failures = field["failures"].Int(1, 1000) ?? defaults.Failures,
            Eject = Positive(field["eject"]) ?? defaults.Eject,
            MaxShare = Share(field["share"]) ?? defaults.MaxShare,
        };
    }

    static int? Share(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (text is [.. var number, '%'] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= 100) return percent;
        field.Error($"'{text}' is no share of the instances", "a percentage from 1% to 100%, for example 50%");
        return null;
    }

    static TimeSpan? Positive(Field field)
    {
        if (field.Duration() is not { } duration) return null;
        if (duration > TimeSpan.Zero) return duration;
        field.Error("it must be longer than nothing", "for example 30s");
        return null;
    }
}
