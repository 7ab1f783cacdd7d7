using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>What is wrong with a policy of a table, before anything is changed. The Compose reader has said the same to people; this is for other writers.</summary>
static class PolicyChecks
{
    /// <param name="add">Key, message, what was found, what is expected.</param>
    public static void Check(RoutePolicy policy, Action<string, string, object, string> add)
    {
        Check(policy.RequestHeaders, "requestHeaders", add);
        Check(policy.ResponseHeaders, "responseHeaders", add);
        if (policy.Rewrite is { } rewrite && !(IsPrefix(rewrite.Prefix) && (rewrite.With.Length == 0 || IsPrefix(rewrite.With))))
            add("rewrite", $"'{rewrite.Prefix}' to '{rewrite.With}' is no change of a path", rewrite.Prefix, "paths that begin with / and do not end with it");
        foreach (var text in (policy.Addresses?.Allow ?? []).Concat(policy.Addresses?.Deny ?? []))
            if (!Cidr.TryParse(text, out _)) add("addresses", $"'{text}' is no network", text, Cidr.Expected);
        foreach (var (name, hash) in policy.BasicAuth?.Users ?? new Dictionary<string, string>())
            if (!PasswordHashes.IsKnown(hash)) add("basicAuth.users", $"the hash of {name} can't be verified", "(not shown)", PasswordHashes.Expected);
        if (policy.BasicAuth is { } auth && !IsRealm(auth.Realm)) add("basicAuth.realm", $"'{auth.Realm}' is no realm", auth.Realm, "printable ASCII without \" and \\");
        if (policy.Rate is { } rate && (rate.Requests < 1 || rate.Burst < 1 || rate.Per <= TimeSpan.Zero || rate.Per > TimeSpan.FromDays(1)))
            add("rate", "the rate can't be kept", rate.Requests, "at least 1 request and a burst of at least 1 in at most a day");
        if (policy.MaxRequests < 1) add("maxRequests", $"{policy.MaxRequests} is no limit", policy.MaxRequests, "1 or more");
        if (policy.MaxBody < 0) add("maxBody", $"{policy.MaxBody} is no limit", policy.MaxBody, "0 or more");
        if (policy.Outliers is { } outliers && (outliers.Failures < 1 || outliers.Eject <= TimeSpan.Zero || outliers.MaxShare is < 1 or > 100))
            add("outliers", "nothing can be ejected by it", outliers.Failures, "at least 1 failure, a time, and a share of 1 to 100");
        BalanceChecks.Check(policy, add);
        foreach (var time in (TimeSpan?[])[policy.Timeouts?.Connect, policy.Timeouts?.Answer, policy.Timeouts?.Idle])
            if (time <= TimeSpan.Zero) add("timeouts", $"{time} is no time-out", time, "longer than nothing");
    }

    public static void Check(RouteRedirect redirect, Action<string, string, object, string> add)
    {
        if (redirect.Status is not (301 or 302 or 303 or 307 or 308)) add("redirect.status", $"{redirect.Status} is no redirect", redirect.Status, "301, 302, 303, 307 or 308");
        if (redirect.Scheme is not (null or "http" or "https")) add("redirect.scheme", $"'{redirect.Scheme}' is no scheme", redirect.Scheme, "http or https");
        if (!IsPrefix(redirect.Path)) add("redirect.path", $"'{redirect.Path}' is no path", redirect.Path, "a path that begins with /");
        if (redirect.Host is { } host && (host.Length == 0 || host.Any(c => c is <= ' ' or >= '\x7f' or '/' or '\\' or '@' or '?' or '#'))) add("redirect.host", $"'{host}' is no host", host, "a host name, with or without a port");
    }

    static void Check(HeaderChanges? changes, string key, Action<string, string, object, string> add)
    {
        foreach (var name in (changes?.Set.Keys ?? []).Concat(changes?.Remove ?? []))
            if (!HeaderRules.IsChangeable(name)) add(key, $"'{name}' is no header that can be changed", name, HeaderRules.ExpectedName);
        foreach (var (name, value) in changes?.Set ?? new Dictionary<string, string>())
            if (!HeaderRules.IsValue(value)) add(key, $"the value of {name} is no header's", "(not shown)", HeaderRules.ExpectedValue);
    }

    static bool IsRealm(string realm) => realm.All(c => c is >= ' ' and < '\x7f' and not '"' and not '\\');

    static bool IsPrefix(string path) => path is ['/', ..] && (path.Length == 1 || path[^1] != '/') && path.All(c => c is > ' ' and < '\x7f' and not '?' and not '#' and not '\\') && !path.StartsWith("//", StringComparison.Ordinal);
}
