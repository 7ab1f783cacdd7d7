namespace Slipway.Registry.Signatures.Policies;

/// <summary>
/// One demand of a policy. Made once; thread-safe; changes nothing. An image that the policy demands nothing of passes.
/// </summary>
interface IImageCheck
{
    /// <returns>What the image lacks, or null.</returns>
    Task<PolicyFinding?> Check(ReleaseImage image, string project, PolicyStatus policy, CancellationToken cancel);
}
