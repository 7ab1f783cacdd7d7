using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Slipway.Bench.Registry;

/// <summary>wrk with 32 connections on one thread: requests per second and the 99th percentile.</summary>
static partial class Wrk
{
    public static async Task<(double PerSecond, double P99)> Run(Peer peer, int seconds, string path = "/", string? pathsFile = null)
    {
        var arguments = new List<string> { "-t1", "-c32", $"-d{seconds}s", "--latency" };
        if (peer.Credential is { } credential) arguments.AddRange(["-H", $"Authorization: {credential}"]);
        arguments.AddRange(["-H", $"Accept: {Peer.OciImage}"]);
        if (pathsFile is not null) arguments.AddRange(["-s", Script(pathsFile)]);
        arguments.Add($"http://{peer.Address}{path}");
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        var text = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        if (text.Contains("Non-2xx", StringComparison.Ordinal) || text.Contains("Socket errors", StringComparison.Ordinal)) throw new InvalidOperationException($"{peer.Name}: {text}");
        return (double.Parse(Rate().Match(text).Groups[1].Value, CultureInfo.InvariantCulture), MilliSeconds(Percentile().Match(text)));
    }

    static string Script(string pathsFile)
    {
        var script = pathsFile + ".lua";
        File.WriteAllText(script,
            $"""
            local paths = {"{}"}
            for line in io.lines("{pathsFile}") do paths[#paths + 1] = line end
            local at = 0
            request = function()
              at = at % #paths + 1
              return wrk.format("GET", paths[at])
            end
            """);
        return script;
    }

    static double MilliSeconds(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, "s" => 1000, _ => 60_000 };

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s|m)")]
    private static partial Regex Percentile();
}
