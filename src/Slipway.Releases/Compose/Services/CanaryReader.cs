using System.Globalization;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>steps</c>, <c>sticky</c> and <c>judge</c> of <c>x-release</c>.</summary>
static class CanaryReader
{
    static readonly string[] Keys = ["steps", "sticky", "judge"];

    /// <param name="field">The service's own policy over the file's.</param>
    /// <param name="own">The service's own, for what only its author can have meant.</param>
    public static CanaryPolicy? Read(Field field, Field own, Strategy strategy, Reading reading)
    {
        if (strategy == Strategy.Ab) return AbReader.Read(field, reading);
        AbReader.CheckUnused(field, own);
        if (strategy != Strategy.Canary)
        {
            foreach (var key in Keys.Where(k => !field[k].IsMissing))
                if (field["strategy"].IsMissing) field[key].Error($"'{key}' belongs to the strategy canary, and no strategy is named", "strategy: canary beside it", key);
                else if (!own[key].IsMissing) own[key].Warn($"not used: '{key}' belongs to the strategy canary");
            return null;
        }
        var (sticky, header) = Sticky(field["sticky"]);
        return new CanaryPolicy { Steps = Steps(field["steps"]), Sticky = sticky, StickyHeader = header, Judge = Judge(field["judge"]) };
    }

    /// <summary>An app's services move as one group: by one set of steps, under one judge.</summary>
    public static void CheckGroup(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var routed = services.Where(s => s.Release.IsRouted).ToList();
        if (routed.FirstOrDefault(s => s.Release.Canary is not null) is not { } first) return;
        foreach (var other in routed)
        {
            var own = reading.Services[other.Name]["x-release"];
            var place = own.IsMissing ? reading.Services[other.Name] : own;
            if (other.Release.Strategy != first.Release.Strategy && other.Release.Strategy.StagesWhole)
                (place["strategy"].IsMissing ? place : place["strategy"]).Error($"'{first.Name}' is {Word(first.Release.Strategy)} and '{other.Name}' is {Word(other.Release.Strategy)}; an app's services are replaced as one group", "one strategy for both, written in the file's own x-release");
            else if (other.Release.Canary is { } policy && Different(first.Release.Canary!, policy) is { } key)
                (place[key].IsMissing ? place : place[key]).Error($"'{first.Name}' and '{other.Name}' differ in {key}; an app's services are replaced as one group", $"the same {key} for both: write them in the file's own x-release", key);
        }
    }

    static string Word(Strategy strategy) => strategy switch { Strategy.BlueGreen => "blue-green", Strategy.Ab => "an experiment", _ => "a canary" };

    static string? Different(CanaryPolicy one, CanaryPolicy other)
    {
        if (one.Ab is not null && Text(one with { Judge = other.Judge, Sticky = other.Sticky, StickyHeader = other.StickyHeader }) != Text(other)) return "ab";
        if (Text(new CanaryPolicy { Steps = one.Steps }) != Text(new CanaryPolicy { Steps = other.Steps })) return "steps";
        if ((one.Sticky, one.StickyHeader) != (other.Sticky, other.StickyHeader)) return "sticky";
        return Text(one) == Text(other) ? null : "judge";
    }

    static string Text(CanaryPolicy policy) => JsonSerializer.Serialize(policy, ModelJson.Default.CanaryPolicy);

    internal static (StickyKind, string?) Sticky(Field field)
    {
        switch (field.Text())
        {
            case null or "user":
                return (StickyKind.User, null);
            case "none":
                return (StickyKind.None, null);
            case ['h', 'e', 'a', 'd', 'e', 'r', ':', .. var name] when name.Trim() is { Length: > 0 } header && header.All(IsTokenCharacter):
                return (StickyKind.Header, header);
            case var text:
                field.Error($"'{text}' is no way to tell users apart", "none, user or header:NAME, for example header:X-User");
                return (StickyKind.User, null);
        }
    }

    /// <summary>RFC 9110, section 5.6.2.</summary>
    static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    static IReadOnlyList<CanaryStep> Steps(Field field)
    {
        if (field.IsMissing) return CanaryPolicy.DefaultSteps;
        var steps = new List<CanaryStep>();
        var before = 0;
        foreach (var item in field.Items())
        {
            if (Step(item, before) is not { } step) continue;
            before = step.Weight ?? before;
            steps.Add(step);
        }
        if (field.Node is Sequence { Items.Count: 0 }) field.Error("there is no step", "at least {weight: 100%, bake: 10m}, or no 'steps' for the default ones", "[]");
        if (field.Items() is [.., var last] items && steps.Count == items.Count && !steps[^1].IsBake)
            last.Error("the last step does not give the new release all requests", "at the end {weight: 100%, bake: 10m}", Words(steps[^1]));
        return steps;
    }

    static CanaryStep? Step(Field item, int before)
    {
        if (item.Node is not Mapping)
        {
            item.Error($"{item.Node?.Kind ?? "nothing"} is no step", "{weight: 5%, for: 2m}, {approve: true} or {weight: 100%, bake: 10m}");
            return null;
        }
        var (weight, approve) = (item["weight"], item["approve"]);
        if (!approve.IsMissing) return Approval(item, approve);
        if (!item["mirror"].IsMissing) return MirrorReader.Read(item, before);
        if (weight.IsMissing)
        {
            item.Error("the step says neither weight nor mirror nor approve", "{weight: 5%, for: 2m}, {mirror: 5%, for: 2m} or {approve: true}", "no weight");
            return null;
        }
        if (Weight(weight) is not { } share) return null;
        if (share <= before) weight.Error($"the weight {Percent(share)} does not rise over the {Percent(before)} before it", $"more than {Percent(before)}");
        var isAll = share == CanaryPolicy.AllRequests;
        var (time, other) = isAll ? (item["bake"], item["for"]) : (item["for"], item["bake"]);
        if (!other.IsMissing)
            other.Error(isAll ? "the step with all requests is baked" : "only the step with all requests is baked", isAll ? "bake: 10m in place of for" : "for: 2m in place of bake");
        else if (time.IsMissing && !isAll)
            item.Error("the step does not say how long it lasts", "for: 2m beside its weight", Percent(share));
        return new CanaryStep { Weight = share, Lasts = Positive(time) ?? CanaryStep.DefaultBake };
    }

    static CanaryStep Approval(Field item, Field approve)
    {
        foreach (var key in ((string[])["weight", "for", "bake", "mirror"]).Where(k => !item[k].IsMissing))
            item[key].Error($"'{key}' stands in a step that waits for a person", "a step of its own for it");
        return new CanaryStep { Approve = ApprovalReader.Read(approve) };
    }

    /// <summary>Of 10,000; the text is a percentage with at most two digits behind the point.</summary>
    internal static int? Weight(Field field, string what = "weight")
    {
        if (Share(field, "a percentage from 0.01% to 100%, for example 5%") is not { } share) return null;
        var weight = share * CanaryPolicy.AllRequests;
        if (weight is >= 1 and <= CanaryPolicy.AllRequests && weight == decimal.Truncate(weight)) return (int)weight;
        field.Error($"'{field.Text()}' is no {what}", "a percentage from 0.01% to 100% with at most two digits behind the point, for example 5%");
        return null;
    }

    internal static JudgePolicy Judge(Field field, JudgePolicy? otherDefaults = null)
    {
        var defaults = otherDefaults ?? new JudgePolicy();
        if (!field.IsMissing && field.Node is not Mapping) field.Error($"{field.Node!.Kind} is no judge", "a mapping, for example {window: 60s}");
        if (field["no-data"] is { IsMissing: false } noData && noData.Text() is { } text && text != "hold")
            noData.Error($"'{text}' can't be done without data", "hold: without data nothing passes and nothing fails");
        var (after, of) = FailAfter(field["fail-after"]) ?? (defaults.FailAfter, defaults.FailOf);
        var window = Positive(field["window"]) ?? defaults.Window;
        var every = Positive(field["every"]) ?? defaults.Every;
        if (every < TimeSpan.FromSeconds(1)) field["every"].Error("a verdict more than once a second says nothing", "1s or longer");
        if (window < every) (field["window"].IsMissing ? field["every"] : field["window"]).Error($"the window ({Seconds(window)}) is shorter than the time between two verdicts ({Seconds(every)})", "a window that is at least as long as every");
        return new JudgePolicy
        {
            Window = window,
            Every = every,
            MinRequests = field["min-requests"].Int(1, 1_000_000_000) ?? defaults.MinRequests,
            FailAfter = after,
            FailOf = of,
            HoldMax = Positive(field["hold-max"]) ?? defaults.HoldMax,
            Checks = field["checks"].Node is null ? defaults.Checks : Checks(field["checks"]),
        };
    }

    /// <summary>"2 of 4".</summary>
    static (int After, int Of)? FailAfter(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, "of", var second] && Number(first) is { } after && Number(second) is { } of && after >= 1 && after <= of && of <= 100)
            return (after, of);
        field.Error($"'{text}' does not say how many failed verdicts are too many", "\"N of M\" with 1 <= N <= M <= 100, for example 2 of 4");
        return null;
    }

    static List<JudgeCheck> Checks(Field field)
    {
        var checks = new List<JudgeCheck>();
        foreach (var item in field.Items())
        {
            var named = item.Entries().Select(e => e.Key).Where(k => k is "errors" or "p99" or "restarts").ToList();
            if (named.Count != 1)
            {
                item.Error(named.Count == 0 ? "the check names nothing that is measured" : $"{string.Join(" and ", named)} stand in one check", "one of errors, p99 and restarts in each check");
                continue;
            }
            if (checks.Any(c => Word(c.Measure) == named[0])) item.Error($"{named[0]} is checked twice", "one check of it", named[0]);
            if (Check(named[0], item[named[0]], item["vs-stable"]) is { } check) checks.Add(check);
        }
        return checks;
    }

    static JudgeCheck? Check(string name, Field limit, Field versus)
    {
        if (limit.Text() == "any")
        {
            if (versus.IsMissing) limit.Error($"any {name} is good, and nothing is compared", $"a limit, or vs-stable beside it");
        }
        else if (limit.IsMissing)
        {
            limit.Error($"{name} has no limit", "a limit, or any");
        }
        var isAny = limit.Text() is null or "any";
        switch (name)
        {
            case "errors":
                return new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = isAny ? null : (double?)Share(limit, "a percentage, for example 1%, or any"), VersusStable = Points(versus) };
            case "p99":
                return new JudgeCheck { Measure = JudgeMeasure.P99, Limit = isAny ? null : Positive(limit)?.TotalMilliseconds, VersusStable = Factor(versus) };
            default:
                if (!versus.IsMissing) versus.Error("restarts are not compared by a margin", "restarts without vs-stable");
                if (limit.Text() == "any") limit.Error("any number of restarts is no check", "a whole number, for example 0");
                return new JudgeCheck { Measure = JudgeMeasure.Restarts, Limit = isAny ? 0 : limit.Int(0, 1000) ?? 0 };
        }
    }

    /// <summary>1% is 0.01.</summary>
    internal static decimal? Share(Field field, string expected)
    {
        if (field.Text() is not { } text) return null;
        if (text.EndsWith('%') && decimal.TryParse(text.AsSpan(0, text.Length - 1).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100)
            return percent / 100;
        field.Error($"'{text}' is no percentage", expected);
        return null;
    }

    /// <summary>+0.5pp is 0.005.</summary>
    static double? Points(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (text is ['+', .. var number, 'p', 'p'] && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var points) && points is >= 0 and <= 100) return points / 100;
        field.Error($"'{text}' is no difference of errors", "percentage points, for example +0.5pp");
        return null;
    }

    /// <summary>1.2x is 1.2.</summary>
    static double? Factor(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (text is [.. var number, 'x'] && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor is >= 1 and <= 1000) return factor;
        field.Error($"'{text}' is no factor of the live release's time", "a factor from 1x, for example 1.2x");
        return null;
    }

    internal static TimeSpan? Positive(Field field)
    {
        if (field.Duration() is not { } duration) return null;
        if (duration > TimeSpan.Zero) return duration;
        field.Error("it must be longer than nothing", "for example 2m");
        return null;
    }

    static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static string Word(JudgeMeasure measure) => measure.ToString().ToLowerInvariant();

    static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    static string Words(CanaryStep step) => step.Weight is { } weight ? Percent(weight) : step.Mirror is { } mirror ? $"mirror: {Percent(mirror.Share)}" : "approve: true";

    static string Percent(int weight) => string.Create(CultureInfo.InvariantCulture, $"{weight / 100.0:0.##}%");
}
