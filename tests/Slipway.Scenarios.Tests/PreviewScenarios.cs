using System.Text.Json.Nodes;

namespace Slipway.Scenarios.Tests;

/// <summary>Branches run beside their app, each with hosts and data of its own, and leave nothing behind.</summary>
public sealed class PreviewScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task TwoPreviews_BesideAnAppUnderLoad_ShareNothing_AndLeaveNothing()
    {
        await slipway.HaveBaseImage();
        using var app = new TestApp("rolling");
        app.Compose = """
            services:
              web:
                build: .
                expose: ["5000"]
                volumes: ["data:/data"]
                secrets: [key]
                x-release: {strategy: rolling, port: 5000, ready: {http: /up, every: 200ms, within: 60s}, drain: {requests: 10s}}
            volumes: {data: {}}
            secrets: {key: {content: the-apps-own}}
            """;
        await slipway.Deployed(app);
        await Write(app.Name, "live");
        await using var visitors = new Visitors(slipway, app);
        await visitors.More(50);

        // Two branches, deployed beside it.
        var first = await slipway.Do("deploy", app.Become("one").Folder, "--app", app.Name, "--preview", "feature/one", "--for", "3d");
        first.Output.ShouldContain($"http://feature-one.{app.Host}");
        first.Output.ShouldContain("in 3 days");
        var second = JsonNode.Parse((await slipway.Do("deploy", app.Become("two").Folder, "--app", app.Name, "--preview", "pr-2", "--json")).Output)!;
        second["urls"]![0]!.GetValue<string>().ShouldStartWith($"http://pr-2.{app.Host}");
        second["preview"]!["expires"].ShouldNotBeNull();
        var (one, two) = ($"{app.Name}--feature-one", $"{app.Name}--pr-2");
        (await Ask(app.Host)).ShouldBe("1");
        (await Ask($"feature-one.{app.Host}")).ShouldBe("one");
        (await Ask($"pr-2.{app.Host}")).ShouldBe("two");
        using (var visitor = slipway.Visitor())
        using (var answer = await visitor.GetAsync($"http://pr-2.{app.Host}/")) answer.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"]);

        // What is written in one is seen in no other.
        await Write(one, "one");
        (await Read(app.Name), await Read(one), await Read(two)).ShouldBe(("live", "one", ""));
        var secrets = new[] { await Secret(app.Name), await Secret(one), await Secret(two) };
        secrets[0].ShouldBe("the-apps-own");
        secrets.Distinct().Count().ShouldBe(3);

        // The next version of a branch finds its data and its secret.
        await slipway.Do("deploy", app.Become("one again").Folder, "--app", app.Name, "--preview", "feature/one");
        (await Ask($"feature-one.{app.Host}"), await Read(one), await Secret(one)).ShouldBe(("one again", "one", secrets[1]));
        (await slipway.Do("apps")).Output.ShouldContain("\n  feature-one ");

        // One is removed by hand, the other one by time; nothing of them is left.
        await slipway.Do("preview", "rm", app.Name, "feature/one", "--yes");
        await NothingIsLeft(one);
        (await Ask($"pr-2.{app.Host}")).ShouldBe("two");
        await slipway.Do("preview", "extend", app.Name, "pr-2", "--for", "1m");
        await SlipwayProcess.Until(async () => (await slipway.List($"apps/{app.Name}/previews")).Count == 0, $"the second preview has come to its end\n{slipway.Logs()}", seconds: 150);
        await SlipwayProcess.Until(async () => !(await Repositories()).Any(name => name.StartsWith(two, StringComparison.Ordinal)), "its images are gone", seconds: 60);
        await NothingIsLeft(two);

        (await Ask(app.Host), await Read(app.Name)).ShouldBe(("1", "live"));
        await visitors.Leave();
        visitors.Versions.Keys.ShouldBe(["1"]);
        visitors.NobodyFailed();
    }

    async Task NothingIsLeft(string preview)
    {
        var label = $"label=dev.slipway.app={preview}";
        (await Shell.Do("docker", "ps", "-aq", "--filter", label)).Trim().ShouldBeEmpty();
        (await Shell.Do("docker", "network", "ls", "-q", "--filter", label)).Trim().ShouldBeEmpty();
        (await Shell.Do("docker", "volume", "ls", "-q", "--filter", label)).Trim().ShouldBeEmpty();
        (await Repositories()).ShouldAllBe(name => !name.StartsWith(preview + "/", StringComparison.Ordinal));
        Directory.EnumerateFiles(Path.Combine(slipway.Data, "rollouts")).ShouldAllBe(file => !File.ReadAllText(file).Contains(preview));
    }

    async Task<IReadOnlyList<string>> Repositories()
    {
        using var registry = new HttpClient { BaseAddress = new Uri($"http://{slipway.Listen}") };
        registry.DefaultRequestHeaders.Authorization = slipway.Api.DefaultRequestHeaders.Authorization;
        return [.. JsonNode.Parse(await registry.GetStringAsync("/v2/_catalog?n=1000"))!["repositories"]!.AsArray().Select(name => name!.GetValue<string>())];
    }

    async Task<string> Ask(string host)
    {
        using var visitor = slipway.Visitor();
        return await visitor.GetStringAsync($"http://{host}/");
    }

    static Task<string> Write(string app, string text) => Run(app, $"printf %s '{text}' > /data/note");

    static Task<string> Read(string app) => Run(app, "cat /data/note 2>/dev/null || true");

    static Task<string> Secret(string app) => Run(app, "cat /run/secrets/key");

    static async Task<string> Run(string app, string command)
    {
        var container = (await Shell.Do("docker", "ps", "-q", "--filter", $"label=dev.slipway.app={app}")).Trim();
        return await Shell.Do("docker", "exec", container, "sh", "-c", command);
    }
}
