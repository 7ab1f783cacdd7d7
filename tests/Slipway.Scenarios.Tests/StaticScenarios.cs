using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Slipway.Scenarios.Tests;

/// <summary>A built site, served without a container, replaced while people read it.</summary>
public sealed partial class StaticScenarios(SlipwayProcess slipway) : IDisposable
{
    readonly string _app = $"s{Guid.NewGuid().ToString("N")[..8]}";
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentQueue<string> _failures = new();
    readonly ConcurrentDictionary<string, int> _versions = new();
    int _requests;

    string Folder => Path.Combine(Path.GetTempPath(), "slipway-scenarios", _app);

    [Fact]
    public async Task Site_BlueGreenAndRollbackUnderLoad_EveryPageHasItsScript()
    {
        Build("1", "3f2a9c1b");
        await slipway.Do("deploy", Folder, "--app", _app);
        var site = new Uri($"http://site.{_app}.localhost/");
        using var http = slipway.Visitor(16, cookies: false);
        // A tab that somebody leaves open: it has version 1 and has not asked for everything yet.
        var open = ScriptOf(await http.GetStringAsync(site));
        var visitors = Enumerable.Range(0, 8).Select(_ => Task.Run(() => Visit(http, site))).ToArray();
        await More(200);

        Build("2", "4e5f6a7b");
        (await slipway.Do("deploy", Folder, "--app", _app)).Output.ShouldContain("files of /srv/www");
        _versions.Keys.ShouldBe(["1"], "the staged version must be unseen");
        (await http.GetStringAsync(new Uri($"http://preview.site.{_app}.localhost/"))).ShouldContain("version 2");

        await slipway.Do("promote", _app);
        await Sees("2");
        (await http.GetStringAsync(new Uri(site, open))).ShouldContain("version 1");

        await slipway.Do("rollback", _app);
        await Sees("1");

        await _stop.CancelAsync();
        await Task.WhenAll(visitors);
        slipway.Kill("gateway");
        await SlipwayProcess.Until(async () => await Served(http, site) == "1", "the gateway that was started anew finds the files");
        _failures.ShouldBeEmpty($"of {_requests} requests\n{slipway.Logs()}");
        (await slipway.Do("ps", _app)).Output.ShouldContain("files");
        (await slipway.Do("apps")).Output.ShouldContain("files");
        (await slipway.Try("scale", $"{_app}/site=2")).Errors.ShouldContain("no instances that could be scaled");
        (await Shell.Do("docker", "ps", "-aq", "--filter", $"label=dev.slipway.app={_app}")).ShouldBeEmpty("no container runs");
        (await Shell.Do("docker", "ps", "-aq", "--filter", "label=dev.slipway.reader", "--filter", $"ancestor={slipway.Listen}/{_app}/site")).ShouldBeEmpty();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        slipway.Try("remove", _app, "--yes").GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What a bundler leaves: a page, and a script that is named by its content.</summary>
    void Build(string version, string hash)
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Path.Combine(Folder, "dist"));
        File.WriteAllText(Path.Combine(Folder, "dist", "index.html"), $"<script src=\"/app.{hash}.js\"></script><p>version {version}</p>");
        File.WriteAllText(Path.Combine(Folder, "dist", $"app.{hash}.js"), $"// version {version}");
        File.WriteAllText(Path.Combine(Folder, "Dockerfile"), "FROM scratch\nCOPY dist /srv/www\n");
        File.WriteAllText(Path.Combine(Folder, "compose.yaml"), """
            services:
              site:
                build: .
                x-release: {strategy: blue-green, static: {root: /srv/www, fallback: /index.html}, compress: true}
            """);
    }

    async Task Visit(HttpClient http, Uri site)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var page = await http.GetStringAsync(site);
                var version = VersionOf(page);
                // The switch may have come between the two: the script is still that of the page.
                if (VersionOf(await http.GetStringAsync(new Uri(site, ScriptOf(page)))) != version) _failures.Enqueue($"page {version} got another version's script");
                _versions.AddOrUpdate(version, 1, (_, n) => n + 1);
            }
            catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
            {
                _failures.Enqueue(broken.Message);
            }
            Interlocked.Increment(ref _requests);
            await Task.Delay(10);
        }
    }

    async Task Sees(string version)
    {
        await More(20);
        _versions.Clear();
        await More(100);
        _versions.Keys.ShouldBe([version]);
    }

    static async Task<string?> Served(HttpClient http, Uri site)
    {
        try
        {
            return VersionOf(await http.GetStringAsync(site));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    Task More(int requests)
    {
        var goal = Volatile.Read(ref _requests) + requests;
        return SlipwayProcess.Until(() => Task.FromResult(Volatile.Read(ref _requests) >= goal), $"{requests} more requests ({_failures.FirstOrDefault()})");
    }

    static string VersionOf(string text) => Version().Match(text).Groups[1].Value;

    static string ScriptOf(string page) => Script().Match(page).Groups[1].Value;

    [GeneratedRegex("version (\\d)")]
    private static partial Regex Version();

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Script();
}
