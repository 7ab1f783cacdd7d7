using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>retries</c>, <c>breaker</c> and <c>health</c> of <c>x-release</c>: what the gateway does about instances that fail.</summary>
static class FailureReader
{
    // RFC 9110, section 9.2.2: those that may be repeated.
    static readonly string[] Idempotent = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"];

    static readonly TimeSpan AnswerDefault = TimeSpan.FromSeconds(60);

    /// <param name="field">The key.</param>
    /// <param name="timeouts">What was read of the time-outs beside it.</param>
    public static RetryPolicy? Retries(Field field, UpstreamTimeouts? timeouts)
    {
        if (field.IsMissing) return null;
        var defaults = new RetryPolicy();
        if (field.Node is Scalar) return field.Bool() == true ? defaults : null;
        var (unanswered, statuses) = On(field["on"], defaults);
        var perTry = AtLeastASecond(field["per-try"]);
        if (perTry >= (timeouts?.Answer ?? AnswerDefault))
            field["per-try"].Error("no instance is ever given up by it: the answer's time-out comes first", $"less than timeouts: answer ({(timeouts?.Answer ?? AnswerDefault).TotalSeconds:0.###}s)");
        if (perTry is not null && !unanswered) field["per-try"].Error("an instance that takes longer is not given up, because 'on' does not have unanswered", "unanswered in 'on'");
        return new RetryPolicy
        {
            Attempts = field["attempts"].Int(1, 10) ?? defaults.Attempts,
            Unanswered = unanswered,
            Statuses = statuses,
            Methods = Methods(field["methods"]) ?? defaults.Methods,
            PerTry = perTry,
            Budget = Percent(field["budget"], "the requests") ?? defaults.Budget,
        };
    }

    public static BreakerPolicy? Breaker(Field field)
    {
        if (field.IsMissing) return null;
        var defaults = new BreakerPolicy();
        if (field.Node is Scalar) return field.Bool() == true ? defaults : null;
        return new BreakerPolicy
        {
            Failures = Percent(field["failures"], "the requests") ?? defaults.Failures,
            Window = AtLeastASecond(field["window"]) ?? defaults.Window,
            MinRequests = field["min-requests"].Int(1, 1_000_000) ?? defaults.MinRequests,
            Open = AtLeastASecond(field["open"]) ?? defaults.Open,
        };
    }

    public static HealthPolicy? Health(Field field)
    {
        if (field.IsMissing || (field.Node is Scalar { Text: "false" })) return null;
        var path = field.Node is Mapping ? field["path"] : field;
        if (path.Text() is not { } target)
        {
            field.Error("the checks do not say what is asked", "health: /healthz, or {path: /healthz, every: 5s}", "no path");
            return null;
        }
        if (!HealthRules.IsTarget(target)) path.Error($"'{target}' is no path", HealthRules.ExpectedTarget);
        var defaults = new HealthPolicy { Path = target };
        var (from, to) = Statuses(field["status"]) ?? (defaults.StatusFrom, defaults.StatusTo);
        var every = field["every"].Duration();
        if (every < HealthRules.ShortestInterval) field["every"].Error("instances are not asked so often", "100ms or longer, for example 5s");
        var timeout = field["timeout"].Duration();
        if (timeout <= TimeSpan.Zero) field["timeout"].Error("it must be longer than nothing", "for example 2s");
        return defaults with
        {
            Every = every ?? defaults.Every,
            Timeout = timeout ?? defaults.Timeout,
            Fails = field["fails"].Int(1, 100) ?? defaults.Fails,
            Passes = field["passes"].Int(1, 100) ?? defaults.Passes,
            StatusFrom = from,
            StatusTo = to,
            MaxShare = Percent(field["share"], "the instances") ?? defaults.MaxShare,
        };
    }

    /// <summary>connect is always on: what no instance took is tried elsewhere without being asked for.</summary>
    static (bool Unanswered, IReadOnlyList<int> Statuses) On(Field field, RetryPolicy defaults)
    {
        if (field.IsMissing) return (defaults.Unanswered, defaults.Statuses);
        var (unanswered, statuses) = (false, new List<int>());
        foreach (var item in field.Node is Scalar ? [field] : field.Items())
            switch (item.Text())
            {
                case null or "connect":
                    break;
                case "unanswered":
                    unanswered = true;
                    break;
                case var text when Status(text) is >= 500 and var status:
                    if (!statuses.Contains(status)) statuses.Add(status);
                    break;
                case var text:
                    item.Error($"'{text}' is no reason to send a request once more", "connect, unanswered, or a status from 500 to 599");
                    break;
            }
        return (unanswered, statuses);
    }

    static List<string>? Methods(Field field)
    {
        if (field.IsMissing) return null;
        var (methods, isNone) = (new List<string>(), true);
        foreach (var item in field.Node is Scalar ? [field] : field.Items())
            if (item.Text() is { } text)
            {
                isNone = false;
                if (!Idempotent.Contains(text)) item.Error($"requests with the method '{text}' can't be repeated", string.Join(", ", Idempotent));
                else if (!methods.Contains(text)) methods.Add(text);
            }
        if (isNone) field.Error("no method is named", string.Join(", ", Idempotent));
        return methods;
    }

    static (int From, int To)? Statuses(Field field)
    {
        if (field.Text() is not { } text) return null;
        var parts = text.Split('-');
        if (parts is [var one] && Status(one) is { } only) return (only, only);
        if (parts is [var low, var high] && Status(low) is { } from && Status(high) is { } to && from <= to) return (from, to);
        field.Error($"'{text}' are no statuses", "a status or two with - between them, from 100 to 599, for example 200-399");
        return null;
    }

    static int? Status(string text) => text.Length == 3 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599 ? status : null;

    static int? Percent(Field field, string whole)
    {
        if (field.Text() is not { } text) return null;
        if (text is [.. var number, '%'] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= 100) return percent;
        field.Error($"'{text}' is no share of {whole}", "a percentage from 1% to 100%, for example 20%");
        return null;
    }

    static TimeSpan? AtLeastASecond(Field field)
    {
        if (field.Duration() is not { } duration) return null;
        if (duration >= TimeSpan.FromSeconds(1)) return duration;
        field.Error("it must be a second or longer", "for example 2s");
        return null;
    }
}
