namespace Slipway.Gateway.Control;

/// <summary>No gateway answers at the control socket. It may be starting: whoever needs it tries again.</summary>
public sealed class GatewayUnavailableException(string message, Exception? inner) : Exception(message, inner);
