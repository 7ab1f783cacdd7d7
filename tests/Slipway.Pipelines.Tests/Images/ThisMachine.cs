namespace Slipway.Pipelines.Tests.Images;

internal static class ThisMachine
{
    /// <summary>The command lines of everything that runs, their words ended by zeros (proc(5)).</summary>
    public static IEnumerable<string> Processes => Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)).Select(CommandLine);

    /// <summary>Waits, but not for ever.</summary>
    public static async Task Until(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(20, deadline.Token);
    }

    static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
