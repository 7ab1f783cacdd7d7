using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>strategy: ab</c>: what <c>ab</c> says, with <c>match</c>, <c>sticky</c> and <c>judge</c>.</summary>
static class AbReader
{
    static readonly AbPolicy Defaults = new();

    /// <summary>An experiment lasts for days: one bad minute is no reason to lose it, and latency is what it is about.</summary>
    static readonly JudgePolicy Judge = new()
    {
        Window = TimeSpan.FromMinutes(5),
        Every = TimeSpan.FromSeconds(30),
        Checks = [new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = 0.05 }, new JudgeCheck { Measure = JudgeMeasure.Restarts, Limit = 2 }],
    };

    public static CanaryPolicy Read(Field field, Reading reading)
    {
        var ab = field["ab"];
        if (!ab.IsMissing && ab.Node is not Mapping) ab.Error($"{ab.Node!.Kind} is no experiment", "a mapping, for example {share: 50%, for: 14d}");
        if (!field["steps"].IsMissing) field["steps"].Error("an experiment has no steps: its share stays as it is until it ends", "strategy: canary for steps, or ab: {share: 50%, for: 14d}", "steps");
        if (ab["share"].IsMissing && field["match"].IsMissing)
            (ab.IsMissing ? field["strategy"] : ab).Error("nobody is to see the new version: there is neither a share of the users nor a match", "ab: {share: 50%}, or match beside it", "no share");
        var share = Share(ab["share"]);
        var (sticky, header) = CanaryReader.Sticky(field["sticky"]);
        if (!ab["share"].IsMissing && sticky == StickyKind.None)
            field["sticky"].Error("each request would be assigned for itself, and nobody would stay on his side of the experiment", "user or header:NAME");
        var judge = CanaryReader.Judge(field["judge"], Judge);
        if (ab["share"].IsMissing && judge.Checks.Any(c => c.VersusStable is not null))
            field["judge"]["checks"].Error("whom a match names is no random sample of the users, and can't be compared with the others", "limits without vs-stable, or a share in place of the match", "vs-stable");
        if (!field["judge"]["hold-max"].IsMissing) field["judge"]["hold-max"].Warn("not used: an experiment does not end for want of data");
        var (until, length) = (Until(ab["until"], reading), Length(ab["for"]));
        if (!ab["until"].IsMissing && !ab["for"].IsMissing) ab["for"].Error("until and for both say when the experiment ends", "one of them");
        var then = Then(ab["then"]);
        if (!ab["then"].IsMissing && ab["until"].IsMissing && ab["for"].IsMissing) ab["then"].Error("the experiment has no end, so that nothing comes then", "until: 2026-12-31 or for: 14d beside it");
        return new CanaryPolicy
        {
            Steps = [new CanaryStep { Weight = share, Lasts = length ?? TimeSpan.Zero }],
            Sticky = sticky,
            StickyHeader = header,
            Judge = judge,
            Ab = new AbPolicy
            {
                Until = until,
                For = length,
                Then = then,
                MinRequests = ab["min-requests"].Int(1, 1_000_000_000) ?? Defaults.MinRequests,
                Goals = Goals(ab["goals"]),
            },
        };
    }

    /// <summary><c>ab</c> beside another strategy.</summary>
    public static void CheckUnused(Field field, Field own)
    {
        if (field["ab"].IsMissing) return;
        if (field["strategy"].IsMissing) field["ab"].Error("'ab' belongs to the strategy ab, and no strategy is named", "strategy: ab beside it", "ab");
        else if (!own["ab"].IsMissing) own["ab"].Warn("not used: 'ab' belongs to the strategy ab");
    }

    static int Share(Field field)
    {
        const string Expected = "a percentage from 0.01% to 99.99% with at most two digits behind the point, for example 50%";
        if (CanaryReader.Share(field, Expected) is not { } share) return 0;
        var weight = share * CanaryPolicy.AllRequests;
        if (weight is >= 1 and < CanaryPolicy.AllRequests && weight == decimal.Truncate(weight)) return (int)weight;
        field.Error(weight == CanaryPolicy.AllRequests ? "with all users there is nobody to compare with" : $"'{field.Text()}' is no share", Expected);
        return 0;
    }

    /// <summary>A day is over at its end, by UTC; a time has its offset (RFC 3339, section 5.6).</summary>
    static DateTimeOffset? Until(Field field, Reading reading)
    {
        if (field.Text() is not { } text) return null;
        DateTimeOffset until;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue)
            until = new DateTimeOffset(day.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
        else if (!DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out until) || !(text.EndsWith('Z') || text[^6] is '+' or '-'))
        {
            field.Error($"'{text}' is no date", "a day like 2026-12-31 (to its end, UTC), or a time with its offset like 2026-12-31T18:00Z or 2026-12-31T18:00+01:00");
            return null;
        }
        if (until <= reading.Now) field.Error($"the experiment would have ended on {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC, before it began", $"a date after {reading.Now.UtcDateTime:yyyy-MM-dd}");
        return until.ToUniversalTime();
    }

    static TimeSpan? Length(Field field)
    {
        if (field.Duration() is not { } length) return null;
        if (length >= TimeSpan.FromMinutes(1) && length <= TimeSpan.FromDays(366)) return length;
        field.Error($"'{field.Text()}' is no time for an experiment", "1m to 366d, for example 14d");
        return null;
    }

    static AbEnd Then(Field field)
    {
        switch (field.Text())
        {
            case null or "hold":
                return AbEnd.Hold;
            case "promote":
                return AbEnd.Promote;
            case "abort":
                return AbEnd.Abort;
            case var text:
                field.Error($"'{text}' is nothing that an experiment ends with", "hold, promote or abort");
                return AbEnd.Hold;
        }
    }

    static List<GoalPolicy> Goals(Field field)
    {
        const int Most = 16;
        var goals = new List<GoalPolicy>();
        foreach (var item in field.Items())
        {
            if (item.Node is not Mapping)
            {
                item.Error($"{item.Node?.Kind ?? "nothing"} is no goal", "{path: /thanks}, or {path: /api/order, method: POST, status: 2xx}");
                continue;
            }
            if (item["path"].IsMissing) item.Error("the goal does not say which path is reached", "{path: /thanks}", "no path");
            if (MatchReader.One(item) is not { Path: { } path } match) continue;
            var name = item["name"].Text() ?? (match.Methods.Count > 0 ? $"{string.Join(",", match.Methods)} {path}" : path);
            if (name.Length is 0 or > 80 || name.Any(char.IsControl)) item["name"].Error("the goal's name can't be shown", "1 to 80 characters");
            else if (goals.Any(g => g.Name == name)) item.Error($"two goals are called '{name}'", "name: for one of them", name);
            else goals.Add(new GoalPolicy { Name = name, Request = match, Statuses = Statuses(item["status"]) ?? new GoalPolicy { Name = name, Request = match }.Statuses });
        }
        if (goals.Count > Most) field.Error($"{goals.Count} goals are too many", $"at most {Most}", $"{goals.Count}");
        return goals;
    }

    static List<StatusRange>? Statuses(Field field)
    {
        if (field.IsMissing) return null;
        var ranges = new List<StatusRange>();
        foreach (var item in field.Node is Scalar ? [field] : field.Items())
            switch (item.Text())
            {
                case [>= '1' and <= '5' and var first, 'x', 'x']:
                    ranges.Add(new StatusRange((first - '0') * 100, ((first - '0') * 100) + 99));
                    break;
                case { Length: 3 } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599:
                    ranges.Add(new StatusRange(status, status));
                    break;
                case { } text:
                    item.Error($"'{text}' is no status", "a class like 2xx, a status like 201, or a list of them");
                    break;
            }
        return ranges;
    }
}
