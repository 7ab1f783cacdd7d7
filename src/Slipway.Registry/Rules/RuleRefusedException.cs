namespace Slipway.Registry.Rules;

/// <summary>
/// A rule of the project forbids it: an immutable tag, a quota. Thrown inside the write that would break the rule, so that nothing of it is stored.
/// The message is for the person at the client: what stands in the way, and what to do about it.
/// </summary>
public sealed class RuleRefusedException(string message) : Exception(message);
