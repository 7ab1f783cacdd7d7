namespace Slipway.Releases.Tests.Invariants;

/// <summary>One thing that can happen, in words and as a deed. A command that doesn't fit the moment is refused, and that is all right.</summary>
sealed record Move(string Words, Func<Walk, Task> Do);
