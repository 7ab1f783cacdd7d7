namespace Slipway.Registry.Tests.Crashes;

/// <summary>Power cuts at random moments: what was acknowledged had reached the disk, names and contents, and in an order that is right at every moment.</summary>
public sealed class PowerCutTests
{
    const int Cuts = 25;

    [Fact]
    public async Task PowerCut_AtAnyMoment_WhatWasAcknowledgedIsThere_AndVerifyIsClean()
    {
        using var world = new CrashWorld(CrashWorld.ChooseSeed(), 2, uploadsSurvive: false);
        using var power = new PowerCut(world.Data);
        var random = new Random(world.Seed);
        var left = "";
        for (var round = 0; round < Cuts; round++)
        {
            await world.Round(round, left, power.Environment);
            left = power.Cut(random);
        }
        await world.End(left, power.Environment);
        world.Acknowledged.ShouldBeGreaterThan(Cuts);
    }
}
