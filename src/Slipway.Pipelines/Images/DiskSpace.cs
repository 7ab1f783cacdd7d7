using Slipway.Engines;

namespace Slipway.Pipelines.Images;

/// <summary>A full disk shows in whatever text the engine, a build step or the registry had at hand (ENOSPC).</summary>
internal static class DiskSpace
{
    const string Sign = "no space left on device";

    public static bool IsMissing(EngineException failure, IEnumerable<string>? output = null) =>
        failure.Message.Contains(Sign, StringComparison.OrdinalIgnoreCase) || output?.Any(line => line.Contains(Sign, StringComparison.OrdinalIgnoreCase)) == true;

    public static EngineException Explain(string doing, EngineException failure) =>
        new(failure.Status, $"The disk is full: {doing} found no space left. Free some ('docker system df' shows what the engine keeps, 'slipway status' what Slipway does), then repeat. The engine said: {failure.Message.Trim()}", failure);
}
