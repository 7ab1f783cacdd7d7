using System.Diagnostics;
using System.Security.Cryptography;

namespace Slipway.Scenarios.Tests;

/// <summary>Real clients push to the registry, and are cut off.</summary>
public sealed class RegistryScenarios
{
    [Fact]
    public async Task Push_CutOffAtRandom_LeavesTheRegistrySoundAndCanBeRepeated()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        await slipway.HaveBaseImage();
        var layout = Path.Combine(slipway.Data, "image");
        await Skopeo($"copy docker-daemon:debian:bookworm-slim oci:{layout}:it");
        var random = new Random(20261122);

        for (var cut = 0; cut < 8; cut++)
        {
            using var push = Start($"copy --dest-tls-verify=false --dest-creds admin:{slipway.Token} oci:{layout}:it docker://{slipway.Listen}/cut/image:it");
            // Cut by what has arrived, not by time: between nothing and about 30 MB of the upload.
            var goal = random.NextInt64(30_000_000);
            await SlipwayProcess.Until(() => Task.FromResult(push.HasExited || Arriving(slipway) >= goal), $"{goal} bytes of the push");
            if (cut % 2 == 0) push.Kill();
            else slipway.Kill("server");
            await push.WaitForExitAsync();
            await SlipwayProcess.Until(async () => (await slipway.Get("status"))["version"] is not null, "the server is back");
            await EveryBlobIsWhatItsNameSays(slipway);
        }

        await Skopeo($"copy --dest-tls-verify=false --dest-creds admin:{slipway.Token} oci:{layout}:it docker://{slipway.Listen}/cut/image:it");
        var back = Path.Combine(slipway.Data, "back");
        await Skopeo($"copy --src-tls-verify=false --src-creds admin:{slipway.Token} docker://{slipway.Listen}/cut/image:it oci:{back}:it");
        (await File.ReadAllTextAsync(Path.Combine(back, "index.json"))).ShouldBe(await File.ReadAllTextAsync(Path.Combine(layout, "index.json")));
        await EveryBlobIsWhatItsNameSays(slipway);
    }

    static long Arriving(SlipwayProcess slipway)
    {
        var uploads = Path.Combine(slipway.Data, "registry", "uploads");
        if (!Directory.Exists(uploads)) return 0;
        return new DirectoryInfo(uploads).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? file.Length : 0);
    }

    static async Task EveryBlobIsWhatItsNameSays(SlipwayProcess slipway)
    {
        var blobs = Path.Combine(slipway.Data, "registry", "blobs");
        if (!Directory.Exists(blobs)) return;
        foreach (var file in Directory.EnumerateFiles(blobs, "*", SearchOption.AllDirectories))
        {
            await using var content = File.OpenRead(file);
            Convert.ToHexStringLower(await SHA256.HashDataAsync(content)).ShouldBe(Path.GetFileName(file));
        }
    }

    static async Task Skopeo(string arguments)
    {
        using var process = Start(arguments);
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"skopeo {arguments}\n{await errors}");
    }

    static Process Start(string arguments) =>
        Process.Start(new ProcessStartInfo("skopeo", ["--insecure-policy", .. arguments.Split(' ')]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
