using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Jobs;

/// <summary>
/// What may start while jobs are still to be run: nothing of the new release but what they need. Who has a job waits for it, and so does everything
/// else that the release brings in: a worker may rely on the migration that the web service runs.
/// </summary>
static class JobGate
{
    /// <summary>Whether an instance of the workload may be started that is not there yet.</summary>
    public static bool Allows(Plan plan, PlannedWorkload planned)
    {
        var pending = plan.Jobs.Where(j => !j.IsDone).ToList();
        // What runs for the live release too is not the new one's to wait for.
        if (pending.Count == 0 || planned.Slots is not [var only] || only != planned.Owner || planned.Release != pending[0].Workload.Release) return true;
        var own = planned.Service.Name;
        return pending.All(j => j.Service.Name != own) && pending.Any(j => Needs(plan, only, j.Service).Contains(own));
    }

    /// <summary>All that a service depends on, directly or not.</summary>
    public static HashSet<string> Needs(Plan plan, Slot slot, ServiceModel service) => Dependencies.Of(service, name => plan.InForce.GetValueOrDefault((slot, name))?.Service);
}
