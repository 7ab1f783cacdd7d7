using Slipway.Gateway.Logging;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>What all connections share.</summary>
/// <param name="Log">Null: none is written.</param>
sealed record StreamServices(Switchboard Switchboard, GatewayOptions Options, AccessLog? Log);
