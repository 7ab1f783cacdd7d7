namespace Slipway.Releases.Reconciling;

/// <summary>When a preview's time is over. Each deploy renews it, so that one which is under way is let come to its end.</summary>
static class PreviewExpiry
{
    public static void Decide(AppView view, DecisionBuilder decision)
    {
        if (view.Stored is not { Removing: false, Rollout: null, Preview.Expires: var end }) return;
        if (end <= view.Now) decision.Do(new Step.Expire());
        else decision.LookAgain(end);
    }
}
