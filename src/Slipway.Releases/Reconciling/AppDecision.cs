using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// What to do next for one app. Pure: the same view gives the same decision, and following it from any point leads to what is wanted.
/// Routes come first (nothing is stopped that they still name), then the instances, then the rollout's own next state.
/// </summary>
static class AppDecision
{
    public static Decision Decide(AppView view)
    {
        var decision = new DecisionBuilder();
        PreviewExpiry.Decide(view, decision);
        var routes = RoutePlanner.Plan(view);
        var routesHold = RoutePlanner.AreSame(routes, view.Stored.Routes);
        if (!routesHold) decision.Do(new Step.SaveRoutes(routes));
        Convergence.Decide(view, decision);
        if (view.Stored.Removing) Forgetting(view, decision);
        else
        {
            Thawing(view, decision);
            RolloutProgress.Decide(view, routesHold && view.IsSettled, decision);
            SlotClearing.Decide(view, decision);
        }
        return decision.Build();
    }

    static void Thawing(AppView view, DecisionBuilder decision)
    {
        foreach (var until in view.Stored.Freezes.Select(f => f.Until).OfType<DateTimeOffset>())
            if (until > view.Now) decision.LookAgain(until);
            else decision.Do(new Step.Thaw());
    }

    static void Forgetting(AppView view, DecisionBuilder decision)
    {
        if (view.Instances.Count == 0 && view.Jobs.Count == 0 && view.Stored.Routes.Count == 0) decision.Do(new Step.Forget(view.Stored.RemoveVolumes));
    }
}
