using Slipway.Cli;
using Slipway.Gateway;

// Before any socket exists, or the runtime no longer looks: requests are then carried through on the thread that received them
// (docs/design/architecture.md, gateway). Nothing in that process may block; every other command is better off without.
if (args is ["gateway", ..]) GatewayProcess.UseInlineCompletions();

return await CommandLine.Run(args, Shell.Current());
