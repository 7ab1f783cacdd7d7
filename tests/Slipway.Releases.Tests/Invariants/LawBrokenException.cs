namespace Slipway.Releases.Tests.Invariants;

sealed class LawBrokenException(string what) : Exception(what)
{
    /// <param name="law">The invariant's number: docs/design/invariants.md.</param>
    /// <param name="what">What went wrong.</param>
    public LawBrokenException(int law, string what) : this($"invariant {law}: {what}") { }
}
