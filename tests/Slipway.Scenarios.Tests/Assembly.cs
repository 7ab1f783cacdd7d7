using Slipway.Scenarios.Tests;

// One Slipway for all scenarios that do not hurt it; one scenario at a time, because each one loads the machine.
[assembly: AssemblyFixture(typeof(SlipwayProcess))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
