namespace Slipway.Releases.Tests.Invariants;

/// <param name="law">The invariant's number: docs/design/invariants.md.</param>
sealed class LawBrokenException(int law, string what) : Exception($"invariant {law}: {what}");
