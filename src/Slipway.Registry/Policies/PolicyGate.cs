namespace Slipway.Registry.Policies;

/// <summary>Asked for each image of a release before anything of it is started. Thread-safe.</summary>
public sealed class PolicyGate
{
    readonly DeployPolicies _policies;
    readonly IReadOnlyList<IImageCheck> _checks;

    internal PolicyGate(DeployPolicies policies, IEnumerable<IImageCheck> checks) => (_policies, _checks) = (policies, [.. checks]);

    /// <summary>Whether any policy holds for the project: without one nothing need be asked.</summary>
    public bool IsOpen(string project) => _policies.Effective(project).Count == 0;

    /// <summary>What stands against the image; empty: it may be deployed.</summary>
    /// <param name="project">Whose policy and trusted keys hold: the app's.</param>
    /// <param name="note">Gets a sentence about what is waited for.</param>
    public async Task<IReadOnlyList<PolicyFinding>> Check(string project, ReleaseImage image, Action<string> note, CancellationToken cancel)
    {
        var findings = new List<PolicyFinding>();
        foreach (var policy in _policies.Effective(project))
            foreach (var check in _checks)
                if (await check.Check(image, project, policy, note, cancel) is { } finding) findings.Add(finding);
        return findings;
    }
}
