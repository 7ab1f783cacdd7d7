namespace Slipway.Registry.Tests.Crashes;

/// <summary>kill -9 at more than a hundred random moments, others in each run, of concurrent pushes, deletes and garbage collection.</summary>
public sealed class KillTests
{
    /// <summary>Beside each other, because most of a kill is waiting for the next start.</summary>
    const int Worlds = 2;

    /// <summary>Of each world.</summary>
    const int Kills = 61;

    [Fact]
    public Task Kill_AtAnyMoment_WhatWasAcknowledgedIsThere_AndVerifyIsClean()
    {
        var seed = CrashWorld.ChooseSeed();
        return Task.WhenAll(Enumerable.Range(0, Worlds).Select(number => Task.Run(() => KillAgainAndAgain(seed, number))));
    }

    static async Task KillAgainAndAgain(int seed, int number)
    {
        using var world = new CrashWorld(seed, number, uploadsSurvive: true);
        for (var round = 0; round < Kills; round++) await world.Round(round, "");
        await world.End("");
        world.Acknowledged.ShouldBeGreaterThan(Kills);
    }
}
