namespace Slipway.Registry.Policies;

/// <summary>
/// One demand of a policy. Made once; thread-safe; changes no image. An image that the policy demands nothing of passes.
/// </summary>
interface IImageCheck
{
    /// <param name="note">Gets a sentence about what is waited for.</param>
    /// <returns>What the image lacks, or null.</returns>
    Task<PolicyFinding?> Check(ReleaseImage image, string project, PolicyStatus policy, Action<string> note, CancellationToken cancel);
}
