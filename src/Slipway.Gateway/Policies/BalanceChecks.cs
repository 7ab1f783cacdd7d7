using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>As <see cref="PolicyChecks"/>, of how instances are chosen and what is done about failing ones.</summary>
static class BalanceChecks
{
    const int KeyLength = 32;

    public static void Check(RoutePolicy policy, Action<string, string, object, string> add)
    {
        if (policy.Balance is { } balance)
        {
            if (balance is { Kind: BalanceKind.Hash, Source: HashSource.Header or HashSource.Cookie } && (balance.Name is null || !HeaderRules.IsName(balance.Name)))
                add("balance.name", $"'{balance.Name}' is no name of a header or cookie", balance.Name ?? "", "a token");
            if (balance.Load is <= 100 or > 10_000) add("balance.load", $"{balance.Load} % can't be kept", balance.Load, "more than 100, at most 10000");
            if (balance.Kind == BalanceKind.Hash && policy.Affinity is not null) add("affinity", "a client can't stay with an instance where a hash names it", "affinity", "one of both");
        }
        if (policy.Affinity is { } affinity)
        {
            var bytes = new byte[KeyLength];
            // The key itself is a secret, and stands in no message.
            if (!Convert.TryFromBase64String(affinity.Key ?? "", bytes, out var length) || length != KeyLength) add("affinity.key", "the key can't be read", "(not shown)", $"{KeyLength} bytes as Base64");
            if (affinity.Lifetime < TimeSpan.FromSeconds(1)) add("affinity.lifetime", $"{affinity.Lifetime} is no life of a cookie", affinity.Lifetime, "1 second or longer");
        }
        if (policy.MaxConnections < 1) add("maxConnections", $"{policy.MaxConnections} is no limit", policy.MaxConnections, "1 or more");
        if (policy.Retries is { } retries && !(retries is { Attempts: >= 1 and <= 10, Budget: >= 1 and <= 100 } && !(retries.PerTry <= TimeSpan.Zero) && retries.Statuses.All(s => s is >= 500 and <= 599)))
            add("retries", "nothing can be sent once more by it", retries.Attempts, "1 to 10 attempts, a budget of 1 to 100, a time, and statuses of 500 to 599");
        if (policy.Breaker is { } breaker && !(breaker is { Failures: >= 1 and <= 100, MinRequests: >= 1 } && breaker.Window >= TimeSpan.FromSeconds(1) && breaker.Open >= TimeSpan.FromSeconds(1)))
            add("breaker", "it can't break", breaker.Failures, "failures of 1 to 100, at least 1 request, and times of a second or longer");
        if (policy.Health is { } health) Check(health, add);
    }

    static void Check(HealthPolicy health, Action<string, string, object, string> add)
    {
        if (!HealthRules.IsTarget(health.Path)) add("health.path", $"'{health.Path}' is no path", health.Path, HealthRules.ExpectedTarget);
        if (health.Every < HealthRules.ShortestInterval || health.Timeout <= TimeSpan.Zero || health.Fails < 1 || health.Passes < 1 || health.MaxShare is < 1 or > 100)
            add("health", "nothing can be checked by it", health.Every, "an interval of 100 ms or longer, a time-out, at least 1 probe, and a share of 1 to 100");
        if (health.StatusFrom < 100 || health.StatusTo > 599 || health.StatusFrom > health.StatusTo) add("health.status", $"{health.StatusFrom}-{health.StatusTo} are no statuses", health.StatusFrom, "from 100 to 599");
    }
}
