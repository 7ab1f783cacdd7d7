using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Canary;

/// <summary>Approvals that ask for certain people. Pure.</summary>
static class Approvals
{
    /// <summary>Whom the policy waits for before the release is live, as words; null where any account with rights will do.</summary>
    public static string? Strict(CanaryPolicy? policy) =>
        policy?.Steps.FirstOrDefault(s => s.Approve is { IsStrict: true }) is { Approve: { } rule } ? ApprovalWords.Wanted(rule) : null;

    /// <summary>The index of the next step behind this one that asks for certain people; null: there is none.</summary>
    public static int? Next(CanaryPolicy policy, int behind)
    {
        for (var i = behind + 1; i < policy.Steps.Count; i++)
            if (policy.Steps[i].Approve is { IsStrict: true }) return i;
        return null;
    }

    public static int? Next(AppModel model, int behind) => ReleaseStrategy.CanaryOf(model) is { } policy ? Next(policy, behind) : null;

    /// <summary>Gives the approval that the canary waits for: it goes on, or waits for the next person.</summary>
    /// <exception cref="ForbiddenException">It is not his to give.</exception>
    /// <exception cref="ConflictException">He has given it already.</exception>
    public static Rollout Give(CanaryRun run, Asker by, DateTimeOffset now)
    {
        var (rollout, rule, place) = (run.Rollout, run.Step.Approve ?? new ApprovalRule(), $"step {run.Rollout.Step + 1} of the canary of {run.Rollout.App}");
        if (by.DespiteApprovals && rule.IsStrict) return GoOn(run, "overridden", by.Name, by, now);
        Check(rule, run.Progress.Approvals, by, rollout, place);
        if (rule.Count <= 1) return GoOn(run, "approved", by.Name, by, now);
        var approved = CanaryMoves.Approve(rollout, new Approval(NameOf(by), now));
        return approved.Canary!.Approvals is var all && all.Count < rule.Count ? approved : GoOn(run with { Rollout = approved }, "approved", string.Join(", ", all.Select(a => a.By)), by, now);
    }

    /// <summary>Whether somebody may give one of the approvals that a rule asks for.</summary>
    /// <param name="given">Those that were given.</param>
    /// <param name="place">What is approved, for messages.</param>
    /// <exception cref="ForbiddenException">It is not his to give.</exception>
    /// <exception cref="ConflictException">He has given it already.</exception>
    public static void Check(ApprovalRule rule, IReadOnlyList<Approval> given, Asker by, Rollout rollout, string place)
    {
        var name = NameOf(by);
        if (rule.By is { } role && !by.Roles.Contains(role))
            throw new ForbiddenException($"{name} may not approve {place}: it waits for {ApprovalWords.Wanted(rule)}. To make an account one of them: slipway app member add {rollout.App} ACCOUNT --role {role}");
        if (rule.NotAuthor && by.Name == rollout.By)
            throw new ForbiddenException($"{name} may not approve {place}: it waits for {ApprovalWords.Wanted(rule)}.");
        if (given.Any(a => a.By == name))
            throw new ConflictException($"{name} has approved {place} already ({ApprovalWords.Given(rule, given)}): the next approval is another person's.");
    }

    public static string NameOf(Asker by) => by.Name ?? "an account without a name";

    /// <summary>
    /// Whether somebody may go past the steps from <paramref name="from"/> to before <paramref name="to"/>. An approval that asks for certain people is
    /// given where it waits, one by one.
    /// </summary>
    /// <returns>The word for a step that is left so, where approvals are set aside; else null.</returns>
    /// <exception cref="ForbiddenException">There is such an approval among them.</exception>
    public static string? PassedOver(CanaryRun run, int from, int to, Asker by)
    {
        for (var i = from; i < to && i < run.Policy.Steps.Count; i++)
        {
            if (run.Policy.Steps[i].Approve is not { IsStrict: true } rule) continue;
            if (by.DespiteApprovals) return "overridden";
            throw new ForbiddenException($"Step {i + 1} of the canary of {run.Rollout.App} waits for {ApprovalWords.Wanted(rule)}, and can't be passed over."
                + (run.Rollout.Step == i ? $" To give it: slipway promote {run.Rollout.App}" : $" To go as far as that: slipway promote {run.Rollout.App} --to-step {i + 1}"));
        }
        return null;
    }

    static Rollout GoOn(CanaryRun run, string how, string? people, Asker by, DateTimeOffset now)
    {
        var to = run.Progress.OnlyApprovals ? Next(run.Policy, run.Rollout.Step) ?? run.Policy.Steps.Count : run.Rollout.Step + 1;
        return CanaryMoves.GoTo(run.Rollout, run.Policy, to, how, people, now) with { DespiteFreeze = run.Rollout.DespiteFreeze || by.DespiteFreeze };
    }
}
