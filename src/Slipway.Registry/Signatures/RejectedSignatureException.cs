namespace Slipway.Registry.Signatures;

/// <summary>A signature that does not hold, and why. Caught where one signature is judged, and told as its reason.</summary>
sealed class RejectedSignatureException(string reason) : Exception(reason);
