namespace Slipway.Gateway.Splitting;

/// <summary>Which destination a request goes to, by the weights.</summary>
static class Splitter
{
    /// <param name="destinations">All of weight 1 or more.</param>
    /// <param name="sum">Of their weights.</param>
    public static int Pick(CompiledDestination[] destinations, int sum)
    {
        if (destinations.Length < 2) return 0;
        var ticket = Random.Shared.Next(sum);
        for (var i = 0; i < destinations.Length; i++)
        {
            ticket -= destinations[i].Weight;
            if (ticket < 0) return i;
        }
        return 0;
    }
}
