using Slipway.Engines;

namespace Slipway.Pipelines.Images;

/// <summary>A full disk shows in whatever text the engine, a build step or the registry had at hand (ENOSPC).</summary>
internal static class DiskSpace
{
    /// <summary>The last one is our registry's own refusal (507), which names its folder.</summary>
    static readonly string[] Signs = ["no space left on device", "is nearly full, so it takes no pushes"];

    public static bool IsMissing(EngineException failure, IEnumerable<string>? output = null) =>
        IsSaid(failure.Message) || output?.Any(IsSaid) == true;

    public static EngineException Explain(string doing, EngineException failure) =>
        new(failure.Status, $"The disk is full: {doing} found no space left. Free some ('docker system df' shows what the engine keeps, 'slipway status' what Slipway does), then repeat. The engine said: {failure.Message.Trim()}", failure);

    static bool IsSaid(string text) => Signs.Any(sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase));
}
