namespace Slipway.Registry.Tests.Crashes;

/// <summary>kill -9 at hundreds of random moments of concurrent pushes, deletes and garbage collection.</summary>
public sealed class KillTests
{
    const int Kills = 105;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Kill_AtAnyMoment_WhatWasAcknowledgedIsThere_AndVerifyIsClean(int number)
    {
        using var world = new CrashWorld(CrashWorld.ChooseSeed(), number, uploadsSurvive: true);
        for (var round = 0; round < Kills; round++) await world.Round(round, "");
        await world.End("");
        world.Acknowledged.ShouldBeGreaterThan(Kills);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Kills} kills, {world.Acknowledged} acknowledged, SLIPWAY_CRASH_SEED={world.Seed}");
    }
}
