using System.Text;

namespace Slipway.Cli.Supervising;

/// <summary>The last lines of a log, for the message of whoever started what wrote it.</summary>
static class LogTail
{
    const int Bytes = 16 << 10;

    public static string Read(string log, int lines, long from = 0)
    {
        if (!File.Exists(log)) return "(no log)";
        using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(Math.Max(Math.Min(from, file.Length), file.Length - Bytes), SeekOrigin.Begin);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var last = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines).ToList();
        return last.Count == 0 ? "(nothing)" : string.Join(Environment.NewLine, last.Select(line => "  " + Rendering.Readable.Line(line)));
    }
}
