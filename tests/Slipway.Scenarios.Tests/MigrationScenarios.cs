namespace Slipway.Scenarios.Tests;

/// <summary>A new version needs a column that the old one does not know: its migration runs before it, while people use the old one.</summary>
public sealed class MigrationScenarios(SlipwayProcess slipway)
{
    /// <summary>Each request writes a row. The version that has no column for it fails every request that it gets.</summary>
    const string Server = """
        import http.server, os, signal, sqlite3, threading, urllib.parse
        VERSION = open("version").read().strip()
        SQL = {"1": "INSERT INTO visits (path) VALUES (?)"}.get(VERSION, "INSERT INTO visits (path, version) VALUES (?, '%s')" % VERSION)
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or VERSION.encode()
                db = sqlite3.connect("/data/shop.db", timeout=30)
                if self.path == "/rows": body = str(db.execute("SELECT count(*) FROM visits WHERE version = ?", (VERSION,)).fetchone()[0]).encode()
                elif self.path == "/migrations": body = ",".join(r[0] for r in db.execute("SELECT name FROM migrations ORDER BY name")).encode()
                elif self.path != "/up": db.execute(SQL, (self.path,)); db.commit()
                db.close()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Version", VERSION)
                self.end_headers()
                self.wfile.write(body)
            do_POST = do_GET
            def log_message(self, *_): pass
        class Threads(http.server.ThreadingHTTPServer):
            request_queue_size = 128
        server = Threads(("0.0.0.0", 5000), Handler)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
        server.server_close()
        os._exit(0)
        """;

    const string Migrate = """
        import os, sqlite3, sys, time
        VERSION = open("version").read().strip()
        db = sqlite3.connect("/data/shop.db", timeout=30)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT)")
        print("applying", VERSION, "with", os.environ["SHOP"], flush=True)
        if VERSION == "bad":
            sys.exit("column price exists already")
        time.sleep(3)
        if VERSION == "1":
            db.execute("CREATE TABLE visits (path TEXT)")
        else:
            db.execute("ALTER TABLE visits ADD COLUMN version TEXT")
        db.execute("INSERT INTO migrations VALUES (?)", (VERSION,))
        db.commit()
        print("applied", VERSION, flush=True)
        """;

    [Fact]
    public async Task Migration_AddsAColumnUnderLoad_NobodyFailsAndABadOneLeavesTheOldVersion()
    {
        using var app = Shop();
        var first = await slipway.Deploy(app);
        first.ExitCode.ShouldBe(0, first.All + slipway.Logs());
        first.Output.ShouldContain("web before-1 running: python3 migrate.py");
        first.Output.ShouldContain("web before-1 | applied 1");

        var plan = await slipway.Do("release", "plan", app.Become("2").Folder, "--app", app.Name);
        plan.Output.ShouldContain("web: python3 migrate.py runs once");
        await using var visitors = new Visitors(slipway, app, count: 6);
        await visitors.More(50);
        var second = await slipway.Deploy(app, "--promote");
        second.ExitCode.ShouldBe(0, second.All + slipway.Logs());
        second.Output.ShouldContain("web before-1 | applying 2 with open");
        // What was asked before the switch is answered by then.
        await visitors.More(50);
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.Versions.Keys.ShouldBe(["2"]);
        (await Ask(slipway, app, "/migrations")).ShouldBe("1,2");
        int.Parse(await Ask(slipway, app, "/rows"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);

        var bad = await slipway.Deploy(app.Become("bad"), "--promote");
        bad.ExitCode.ShouldBe(1, bad.All);
        bad.Errors.ShouldContain("web: python3 migrate.py of v3 failed: it ended with code 1");
        bad.Errors.ShouldContain("column price exists already");
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.Versions.Keys.ShouldBe(["2"]);

        var refused = await slipway.Try("rollback", app.Name);
        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("v2 ran a one-way step (web: python3 migrate.py, done ");
        // The old code gets along with one more column; the person knows, and says so.
        await slipway.Do("rollback", app.Name, "--to", "1", "--past-one-way");
        await visitors.More(50);
        visitors.ForgetVersions();
        await visitors.More(50);
        visitors.Versions.Keys.ShouldBe(["1"]);
        await visitors.Leave();
        visitors.NobodyFailed();
        (await slipway.Do("release", "show", app.Name, "2")).Output.ShouldMatch("web before-1 +python3 migrate.py +yes .* code 0");
        (await slipway.List($"apps/{app.Name}/instances")).ShouldAllBe(i => i!["job"] == null, "no container of a job is left");
    }

    [Fact]
    public async Task Migration_ServerKilledWhileItRuns_RunsOnceAndTheReleaseGoesOn()
    {
        await using var own = new SlipwayProcess();
        await own.InitializeAsync();
        using var app = Shop();
        await own.Deployed(app);
        await using var visitors = new Visitors(own, app, count: 6);
        await visitors.More(50);

        var deploy = own.Deploy(app.Become("2"), "--promote");
        await SlipwayProcess.Until(
            async () => (await own.List($"apps/{app.Name}/instances")).Any(i => i!["job"] is not null && i["state"]!.GetValue<string>() == "running"), "the migration of v2 runs");
        own.Kill("server");

        var second = await deploy;
        second.ExitCode.ShouldBe(0, second.All + own.Logs());
        second.Output.Split('\n').Count(line => line.Contains("| applying 2")).ShouldBe(1, second.Output);
        second.Output.ShouldContain("| applied 2");
        (await Ask(own, app, "/migrations")).ShouldBe("1,2", "it ran once: a second run would have failed at the column that is there");
        await visitors.Leave();
        visitors.NobodyFailed();
    }

    static TestApp Shop()
    {
        var app = new TestApp("blue-green");
        app.Compose = """
            services:
              web:
                build: .
                expose: ["5000"]
                environment: {SHOP: open}
                volumes: ["data:/data"]
                x-release:
                  strategy: blue-green
                  port: 5000
                  ready: {http: /up, every: 200ms, within: 60s}
                  before: {run: [python3, migrate.py], timeout: 60s}
            volumes: {data: }
            """;
        File.WriteAllText(Path.Combine(app.Folder, "server.py"), Server);
        File.WriteAllText(Path.Combine(app.Folder, "migrate.py"), Migrate);
        return app;
    }

    static async Task<string> Ask(SlipwayProcess slipway, TestApp app, string path)
    {
        using var http = slipway.Visitor();
        return await http.GetStringAsync(new Uri($"http://{app.Host}{path}"), TestContext.Current.CancellationToken);
    }
}
