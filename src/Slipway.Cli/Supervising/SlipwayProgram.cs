namespace Slipway.Cli.Supervising;

/// <summary>This program's own executable, for starting it again in another role.</summary>
static class SlipwayProgram
{
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "slipway");
}
