using System.Diagnostics;

namespace Slipway.Scenarios.Tests;

/// <summary>Somebody at a machine of his own: without the server's data folder, with docker, skopeo and slipway and what 'login' has kept.</summary>
sealed class Person(SlipwayProcess server, string folder)
{
    public Task<CliResult> Slipway(string? input, params string[] arguments) => Run(input, SlipwayProcess.Executable, arguments);

    public Task<CliResult> Docker(string? input, params string[] arguments) => Run(input, "docker", arguments);

    /// <summary>Without copying, what a copy to a folder needs of the registry.</summary>
    public Task<CliResult> Inspect(string image) => Run(null, "skopeo", ["--insecure-policy", "inspect", "--tls-verify=false", "--authfile", Path.Combine(folder, "config.json"), $"docker://{image}"]);

    async Task<CliResult> Run(string? input, string program, string[] arguments)
    {
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = folder, ["DOCKER_CONFIG"] = folder, ["SLIPWAY_DATA"] = Path.Combine(folder, "data"), ["SLIPWAY_SERVER"] = $"http://{server.Listen}", ["LC_ALL"] = "C.UTF-8", ["NO_COLOR"] = "1",
        }) start.Environment[name] = value;
        start.Environment.Remove("XDG_CONFIG_HOME");
        using var process = Process.Start(start)!;
        if (input is not null) await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        return await Shell.Finish(process);
    }
}
