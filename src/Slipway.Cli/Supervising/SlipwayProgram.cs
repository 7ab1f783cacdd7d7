namespace Slipway.Cli.Supervising;

/// <summary>This program's own executable, for starting it again in another role.</summary>
static class SlipwayProgram
{
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "slipway");

    /// <summary>Whether a process runs this very build. One of another user's can't be looked into and is taken for one.</summary>
    public static bool IsRunBy(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/exe").LinkTarget == new FileInfo("/proc/self/exe").LinkTarget;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
