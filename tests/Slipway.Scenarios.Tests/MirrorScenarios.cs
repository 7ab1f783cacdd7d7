namespace Slipway.Scenarios.Tests;

/// <summary>Images come from elsewhere and go elsewhere: through caches, by replication, on a disk. All other ends are real: docker, skopeo, docker-registry.</summary>
public sealed class MirrorScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task Archives_BetweenDockerSkopeoAndUs_CarryTheSameImage()
    {
        await slipway.HaveBaseImage();
        var folder = Directory.CreateTempSubdirectory("slipway-mirroring-").FullName;
        var tag = $"mirroring-{Guid.NewGuid().ToString("N")[..6]}/base:v1";
        try
        {
            // docker save → import → docker pull.
            await Run("docker", "tag", "debian:bookworm-slim", tag);
            await Run("docker", "save", tag, "-o", $"{folder}/saved.tar");
            (await slipway.Do("image", "import", $"{folder}/saved.tar")).Output.ShouldContain(tag);
            await slipway.Do("image", "import", $"{folder}/saved.tar", "--as", "carried/base:v2");
            await Run("docker", "rmi", tag);
            var id = (await Run("docker", "image", "inspect", "-f", "{{.Id}}", "debian:bookworm-slim")).Trim();

            // export → docker load: the same image, by its configuration.
            await slipway.Do("image", "export", tag, "carried/base:v2", "-o", $"{folder}/exported.tar");
            (await Run("docker", "load", "-i", $"{folder}/exported.tar")).ShouldContain(tag);
            (await Run("docker", "image", "inspect", "-f", "{{.Id}}", tag)).Trim().ShouldBe(id);
            await Run("docker", "rmi", tag, "carried/base:v2");

            // The same file is an OCI layout for skopeo; and what skopeo writes comes in.
            await Run("skopeo", "--insecure-policy", "copy", $"oci-archive:{folder}/exported.tar:{tag}", $"oci:{folder}/layout:v3");
            (await slipway.Try("image", "import", $"{folder}/layout")).Errors.ShouldContain("--as NAME:TAG");
            await slipway.Do("image", "import", $"{folder}/layout", "--as", "carried/base");
            var digest = (await Run("skopeo", "inspect", "--tls-verify=false", "--creds", $"admin:{slipway.Token}", "--format", "{{.Digest}}", $"docker://{slipway.Listen}/carried/base:v3")).Trim();
            digest.ShouldStartWith("sha256:");
            var docker = Path.Combine(folder, "docker");
            await Run("docker", "--config", docker, "login", "-u", "admin", "-p", slipway.Token, slipway.Listen);
            await Run("docker", "--config", docker, "pull", $"{slipway.Listen}/carried/base:v3");
            await Run("docker", "rmi", $"{slipway.Listen}/carried/base:v3");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Mirror_OfADebianRegistry_GivesDockerItsImages_AlsoWhenThatIsGone()
    {
        await slipway.HaveBaseImage();
        var folder = Directory.CreateTempSubdirectory("slipway-mirroring-").FullName;
        var project = $"hub{Guid.NewGuid().ToString("N")[..6]}";
        try
        {
            string image;
            await using (var upstream = await DebianRegistry.Start(folder))
            {
                await Run("skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "docker-daemon:debian:bookworm-slim", $"docker://{upstream.Address}/library/debian:v1");
                await slipway.Do("mirror", "add", project, $"http://{upstream.Address}", "--tags-for", "0s");
                (await slipway.Do("mirror", "list")).Output.ShouldContain(project);
                image = $"{slipway.Listen}/{project}/library/debian:v1";
                await Run("docker", "--config", folder, "login", "-u", "admin", "-p", slipway.Token, slipway.Listen);
                await Run("docker", "--config", folder, "pull", image);
                await Run("docker", "rmi", image);
                (await Fails("skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", $"admin:{slipway.Token}", "docker-daemon:debian:bookworm-slim", $"docker://{image}"))
                    .ShouldContain("is a cache of");
            }
            // Its tags are compared each time; the upstream is gone now.
            await Run("docker", "--config", folder, "pull", image);
            await Run("docker", "rmi", image);
        }
        finally
        {
            await slipway.Try("mirror", "remove", project);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Replication_ToADebianRegistryAndBack_CopiesAndReports()
    {
        await slipway.HaveBaseImage();
        var folder = Directory.CreateTempSubdirectory("slipway-mirroring-").FullName;
        var project = $"repl{Guid.NewGuid().ToString("N")[..6]}";
        try
        {
            await using var other = await DebianRegistry.Start(folder);
            await Run("skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", $"admin:{slipway.Token}", "docker-daemon:debian:bookworm-slim", $"docker://{slipway.Listen}/{project}/base:v1");
            await slipway.Do("replication", "add", project, "push", $"{project}/*", $"http://{other.Address}", "--to", "backup");
            (await slipway.Do("replication", "run", project)).Output.ShouldContain("1 copied, 0 skipped");
            (await slipway.Do("replication", "run", project)).Output.ShouldContain("0 copied, 1 skipped");
            var there = await Run("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{other.Address}/backup/{project}/base:v1");
            // And what is there comes here, under another name.
            await slipway.Do("replication", "add", project + "-back", "pull", $"backup/{project}/base", $"http://{other.Address}", "--to", project);
            (await slipway.Do("replication", "run", project + "-back")).Output.ShouldContain("1 copied");
            (await Run("skopeo", "inspect", "--tls-verify=false", "--creds", $"admin:{slipway.Token}", "--format", "{{.Digest}}", $"docker://{slipway.Listen}/{project}/backup/{project}/base:v1")).ShouldBe(there);
            (await slipway.Do("replication", "report", project, "--json")).Output.ShouldContain("\"skipped\"");
            (await slipway.Do("replication", "list")).Output.ShouldContain(project);
        }
        finally
        {
            await slipway.Try("replication", "remove", project);
            await slipway.Try("replication", "remove", project + "-back");
            Directory.Delete(folder, recursive: true);
        }
    }

    static Task<string> Run(string program, params string[] arguments) => Shell.Do(program, arguments);

    static async Task<string> Fails(string program, params string[] arguments)
    {
        var result = await Shell.Try(program, arguments);
        result.ExitCode.ShouldNotBe(0, $"{program} {string.Join(' ', arguments)}\n{result.All}");
        return result.Errors;
    }
}
