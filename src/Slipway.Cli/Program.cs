using Slipway.Cli;

// Before any socket exists, or the runtime no longer looks: requests are then carried through on the thread that received them
// (docs/design/architecture.md, gateway). Nothing in that process may block; every other command is better off without.
if (args is ["gateway", ..]) Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

return await CommandLine.Run(args, Shell.Current());
