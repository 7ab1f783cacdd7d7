using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// When a preview's time is over. Each deploy renews it, so that one which is under way is let come to its end; one that waits for a person is not waited for.
/// </summary>
static class PreviewExpiry
{
    public static void Decide(AppView view, DecisionBuilder decision)
    {
        if (view.Stored is not { Removing: false, Rollout: null or { State: RolloutState.Holding }, Preview.Expires: var end }) return;
        if (end <= view.Now) decision.Do(new Step.Expire());
        else decision.LookAgain(end);
    }
}
