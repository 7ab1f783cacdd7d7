namespace Slipway.Engines.Docker;

/// <summary>Bytes of the file system that holds an engine's images and volumes.</summary>
public sealed record EngineDisk(long Free, long Total)
{
    /// <summary>What the engine itself counts (/system/df) walks every layer and takes minutes on a full disk; the file system answers at once.</summary>
    internal static EngineDisk? Of(string folder)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return new EngineDisk(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
