namespace Slipway.Server.Certificates;

/// <summary>Whether the gateway takes requests over TLS at all.</summary>
sealed record TlsAddresses(bool Any);
