using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Cli.Supervising;

/// <summary>
/// One process and no other: numbers are given again, so the time of its start (clock ticks since boot) and the boot belong to it (proc(5)).
/// Kept in DATA/run/NAME.process with the arguments it was started with.
/// </summary>
sealed record ProcessIdentity
{
    public required int ProcessId { get; init; }

    public required long StartTicks { get; init; }

    public required string Boot { get; init; }

    /// <summary>Without the executable.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Runs now: not ended, not waiting to be reaped, and the same process.</summary>
    [JsonIgnore]
    public bool IsAlive => Boot == CurrentBoot && ReadStat(ProcessId) is (not 'Z' and not 'X', var ticks) && ticks == StartTicks;

    static string CurrentBoot => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Who has the number now, or null where nobody has.</summary>
    public static ProcessIdentity? Of(int processId, IReadOnlyList<string> arguments) =>
        ReadStat(processId) is (not 'Z' and not 'X', var ticks)
            ? new ProcessIdentity { ProcessId = processId, StartTicks = ticks, Boot = CurrentBoot, Arguments = arguments }
            : null;

    /// <summary>The living process that the file names, or null.</summary>
    public static ProcessIdentity? FindAlive(string file)
    {
        try
        {
            var named = JsonSerializer.Deserialize(File.ReadAllText(file), SupervisingJson.Default.ProcessIdentity);
            return named is { IsAlive: true } ? named : null;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A living process of this user that was started with exactly these arguments: for one whose starter was killed before it could write its file.</summary>
    public static ProcessIdentity? FindByArguments(IReadOnlyList<string> arguments)
    {
        var wanted = string.Concat(arguments.Select(argument => argument + "\0"));
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var processId)) continue;
            if (CommandLineOf(processId).EndsWith("\0" + wanted, StringComparison.Ordinal)) return Of(processId, arguments);
        }
        return null;
    }

    public void Write(string file)
    {
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(this, SupervisingJson.Default.ProcessIdentity) + "\n");
        File.Move(file + ".new", file, overwrite: true);
    }

    static string CommandLineOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>State and start time of /proc/PID/stat. The name stands in brackets and may hold anything, so what follows the last ')' counts.</summary>
    static (char State, long StartTicks)? ReadStat(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
