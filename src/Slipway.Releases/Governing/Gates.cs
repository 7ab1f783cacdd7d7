using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Governing;

/// <summary>
/// The approvals before a release gets its first request, by rules of the file (<c>approve</c>) and of the app. Which are missing is decided anew from what is
/// stored each time, so that a rule that is set or lifted meanwhile counts. Pure.
/// <code>
/// Verifying ── a rule is not met ──► Holding ── approved (promote) ──► the next rule ... ──► Promoting, or where it goes on by steps: Verifying
/// </code>
/// </summary>
static class Gates
{
    /// <summary>The rule that the release waits for next; null: none.</summary>
    public static ApprovalRule? Needed(StoredApp stored)
    {
        if (stored is not { Rollout: { Kind: RolloutKind.Deploy, DespiteApprovals: false } rollout, Target: { } target, LiveSlot: { } live } || live.Release.Number == target.Number) return null;
        return Rules(stored.Approvals, target.Model).FirstOrDefault(rule => rollout.Gate?.Met.Any(met => met.Rule == rule) != true
            && (rule.IsStrict || rule == stored.Approvals || !rollout.AutoPromote));
    }

    /// <summary>Whom a release of the model can't do without, as words; null: nobody.</summary>
    /// <param name="ofApp">The app's own rule.</param>
    public static string? Strict(ApprovalRule? ofApp, AppModel model) =>
        Rules(ofApp, model).FirstOrDefault(rule => rule.IsStrict || rule == ofApp) is { } rule ? ApprovalWords.Wanted(rule) : Approvals.Strict(ReleaseStrategy.CanaryOf(model));

    /// <summary>Gives the approval that is missing: the release goes on, or waits for the next person or rule.</summary>
    /// <exception cref="ForbiddenException">It is not his to give.</exception>
    /// <exception cref="ConflictException">He has given it already.</exception>
    public static Rollout Give(StoredApp stored, ApprovalRule rule, Asker by, DateTimeOffset now)
    {
        var rollout = stored.Rollout! with { Changed = now, DespiteFreeze = stored.Rollout!.DespiteFreeze || by.DespiteFreeze };
        if (by.DespiteApprovals) return GoOn(stored, rollout with { DespiteApprovals = true, Gate = rollout.Gate is null ? null : rollout.Gate with { Asks = null } });
        var gate = rollout.Gate ?? new ReleaseGate();
        var given = gate.Asks == rule ? gate.Approvals : [];
        Approvals.Check(rule, given, by, rollout, $"v{rollout.Release} of {rollout.App}");
        given = [.. given, new Approval(Approvals.NameOf(by), now)];
        if (given.Count < rule.Count) return rollout with { State = RolloutState.Holding, Gate = gate with { Asks = rule, Approvals = given } };
        var met = rollout with { Gate = new ReleaseGate { Met = [.. gate.Met, new ApprovedRule(rule, given)] } };
        return Needed(stored with { Rollout = met }) is { } next ? Ask(met, next, now) : GoOn(stored, met);
    }

    /// <summary>It holds, and waits for these approvals.</summary>
    public static Rollout Ask(Rollout rollout, ApprovalRule rule, DateTimeOffset now) =>
        rollout with { State = RolloutState.Holding, Changed = now, Gate = (rollout.Gate ?? new ReleaseGate()) with { Asks = rule, Approvals = [] } };

    /// <summary>No approval is missing any more: it goes on from where it came here.</summary>
    public static Rollout Open(Rollout rollout, DateTimeOffset now) =>
        rollout with { State = RolloutState.Verifying, Changed = now, Gate = rollout.Gate! with { Asks = null, Approvals = [] } };

    /// <summary>Who approves a release that is switched at once has promoted it.</summary>
    static Rollout GoOn(StoredApp stored, Rollout rollout) => ReleaseStrategy.Of(stored.Target!.Model) is var strategy && (strategy == Strategy.Rolling || strategy.SharesRequests)
        ? rollout with { State = RolloutState.Verifying } : rollout with { State = RolloutState.Promoting, AutoPromote = true };

    static IEnumerable<ApprovalRule> Rules(ApprovalRule? ofApp, AppModel model)
    {
        var rules = model.Services.Where(s => s.Release.IsRouted).Select(s => s.Release.Approve).OfType<ApprovalRule>().Distinct();
        return ofApp is null ? rules : rules.Where(rule => rule != ofApp).Append(ofApp);
    }
}
