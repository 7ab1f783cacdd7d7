using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// The approvals that every release of an app asks for before its first request, whatever its file says: a rule of the app's, which who may change the file
/// can't drop. Thread-safe.
/// </summary>
public sealed class ApprovalSwitch
{
    const int MostPeople = 10;

    readonly Database.Database _database;
    readonly Bells _bells;
    readonly TimeProvider _time;

    internal ApprovalSwitch(Database.Database database, Bells bells, TimeProvider time) => (_database, _bells, _time) = (database, bells, time);

    /// <returns>Null: the app has no rule.</returns>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    public ApprovalRule? Of(AppName app) => _database.Read(db => ReleaseRows.HasApp(db, app) ? ApprovalRows.Of(db, app) : throw new NotFoundException($"There is no app '{app}'."));

    /// <summary>In place of the one that is there. A release that has had no request yet is asked by it too.</summary>
    /// <param name="rule">Null: none.</param>
    /// <exception cref="InvalidInputException">No role, or no number of people.</exception>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    public async Task Set(AppName app, ApprovalRule? rule, string? by, CancellationToken cancel)
    {
        if (rule is not null) Check(rule);
        await _database.Write(db =>
        {
            if (!ReleaseRows.HasApp(db, app)) throw new NotFoundException($"There is no app '{app}'.");
            if (ApprovalRows.Of(db, app) == rule) return;
            ApprovalRows.Set(db, app, rule);
            ReleaseEventRows.Add(db, new ReleaseEvent
            {
                Time = _time.GetUtcNow(), Type = ReleaseEvents.RuleChanged, App = app, By = by, Text = rule is null ? "no approval is asked for any more" : $"every release waits for {ApprovalWords.Wanted(rule)}",
            });
        }, cancel);
        _bells.Ring(app);
    }

    static void Check(ApprovalRule rule)
    {
        var wrong = new List<Diagnostic>();
        if (rule.By is { } role && !RoleNames.IsName(role))
            wrong.Add(new Diagnostic { Key = "by", Message = $"'{role}' is no role", Found = role, Expected = $"the name of a role: {RoleNames.Rule}, for example release-managers" });
        if (rule.Count is < 1 or > MostPeople)
            wrong.Add(new Diagnostic { Key = "count", Message = $"{rule.Count} is no number of people", Found = rule.Count.ToString(CultureInfo.InvariantCulture), Expected = $"1 to {MostPeople}" });
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
    }
}
