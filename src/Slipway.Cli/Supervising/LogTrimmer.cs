using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>
/// Keeps DATA/logs small: a log that grew past the limit is copied to NAME.log.1 and emptied in place. Its writers append, so they go on at the start;
/// the few lines that they write between copy and emptying are lost, which logs of this kind can bear.
/// </summary>
static class LogTrimmer
{
    const long Limit = 16 << 20;

    public static async Task Run(DataFolder folder, TimeProvider time, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        try
        {
            do Trim(folder.Logs, Limit);
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            // The supervisor ends.
        }
    }

    internal static void Trim(string logs, long limit)
    {
        foreach (var log in Directory.EnumerateFiles(logs, "*.log"))
        {
            // The gateway turns that one over itself, without losing a line.
            if (Path.GetFileName(log) == Commands.AccessLogOptions.FileName) continue;
            try
            {
                if (new FileInfo(log).Length <= limit) continue;
                File.Copy(log, log + ".1", overwrite: true);
                using var file = new FileStream(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(0);
            }
            catch (IOException)
            {
                // A full disk or a log that was just removed: the next round looks again.
            }
        }
    }
}
