using Slipway.Contracts;
using Slipway.Engines;

namespace Slipway.Releases.Tests;

/// <summary>The engine that the reconciler is tested with does what real ones do.</summary>
public sealed class FakeEngineTests : EngineContract
{
    protected override IEngine Engine { get; } = new FakeEngine(TimeProvider.System);

    protected override string Image => "memory/sleep";
}
