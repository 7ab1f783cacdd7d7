using Slipway.Model;
using Slipway.Releases.Compose;
using Slipway.Releases.Previewing;
using Slipway.Releases.Tests.Compose;

namespace Slipway.Releases.Tests.Previewing;

/// <summary>From the files of a branch to what runs as its preview.</summary>
public sealed class PreviewModelTests
{
    const string Shop = """
        services:
          web:
            image: web
            ports: ["8081:80"]
            environment: {MODE: live, A: file}
            deploy: {replicas: 4, resources: {limits: {memory: 256m, cpus: "0.5"}}}
            depends_on: [db, mail]
            secrets: [db, smtp]
            x-release:
              host: [shop.example.com, "*.shop.example.com"]
              strategy: canary
              https: redirect
              hsts: 30d
              headers: {response: {set: {X-Frame-Options: DENY}}}
              redirect: [{from: www.example.com, to: "https://shop.example.com"}, {from: /old, to: "https://shop.example.com:8443/new"}]
          admin: {image: admin, expose: [80], x-release: {path: /admin, host: shop.example.com}}
          db:
            image: postgres
            ports: ["5432:5432"]
            volumes: [data:/data, dumps:/dumps, scratch:/scratch]
            secrets: [db]
          mail: {image: mail}
          batch: {image: batch}
        volumes: {data: {}, dumps: {name: dumps}, scratch: {driver_opts: {type: tmpfs, device: tmpfs}}}
        secrets: {db: {content: s3cret}, smtp: {content: pa55}}
        """;

    static readonly byte[] Key = [1, 2, 3];

    static AppModel Read(ComposeFolder folder) => ComposeFile.Read(folder.Request with { Name = AppName.Parse("shop") }).Model;

    static (AppModel Model, IReadOnlyList<string> Notes) Make(string branch, string? live = null, string name = "pr-12", Action<ComposeFolder>? prepare = null, PreviewPolicy? policy = null)
    {
        using var folder = new ComposeFolder(branch);
        prepare?.Invoke(folder);
        using var other = new ComposeFolder(live ?? "services: {web: {image: web}}");
        var of = AppName.Parse("shop");
        var place = new PreviewPlace { Of = of, Name = PreviewName.Of(name, of), Folder = folder.Folder, Key = Key };
        return PreviewModel.Make(Read(folder), Read(other) with { Previews = policy }, place);
    }

    static IReadOnlyList<Diagnostic> Refused(string branch, string? live = null, PreviewPolicy? policy = null, Action<ComposeFolder>? prepare = null) =>
        Should.Throw<InvalidInputException>(() => Make(branch, live, prepare: prepare, policy: policy)).Diagnostics;

    [Fact]
    public void Make_Hosts_AreBelowTheApps()
    {
        var (model, _) = Make(Shop);
        model.Name.Value.ShouldBe("shop--pr-12");
        model.Find("web")!.Release.Hosts.ShouldBe(["pr-12.shop.example.com", "*.pr-12.shop.example.com"]);
        model.Find("admin")!.Release.Hosts.ShouldBe(["pr-12.shop.example.com"]);
        model.Find("web")!.Release.Redirects.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            r => r.FromPath.ShouldBe("/old"), r => r.To.Host.ShouldBe("pr-12.shop.example.com:8443"), r => r.To.Path.ShouldBe("/new"));
        using var plain = new ComposeFolder("services: {web: {image: web, ports: ['80']}}");
        Make(File.ReadAllText(Path.Combine(plain.Folder, "compose.yaml"))).Model.Find("web")!.Release.Hosts.ShouldBe(["pr-12.web.shop.localhost"]);
    }

    [Fact]
    public void Make_Template_SaysTheHost()
    {
        var (model, _) = Make(Shop, policy: new PreviewPolicy { Host = "{name}-{service}.{app}.test" });
        model.Find("web")!.Release.Hosts.ShouldBe(["pr-12-web.shop.test", "*.pr-12-web.shop.test"]);
        // One host in the app is one host in the preview: its pages and its admin share cookies.
        model.Find("admin")!.Release.Hosts.ShouldBe(["pr-12-web.shop.test"]);

        const string Two = "services:\n  a: {image: a, ports: ['80']}\n  b: {image: b, ports: ['80']}\n";
        Refused(Two, policy: new PreviewPolicy { Host = "{name}.example.com" }).ShouldHaveSingleItem().Message.ShouldContain("a and b one place, http://pr-12.example.com/");
        Refused(Two, policy: new PreviewPolicy { Host = new string('x', 60) + "-{name}.{host}" }).ShouldAllBe(d => d.Message.Contains("no host name"));
    }

    [Fact]
    public void Make_NothingOfTheMachine_IsTaken()
    {
        var (model, notes) = Make(Shop);
        model.Services.SelectMany(s => s.Ports).ShouldBeEmpty();
        model.Services.SelectMany(s => s.Release.GatewayPorts).ShouldBeEmpty();
        notes.ShouldContain("web takes no port of the machine in a preview (8081): it is reached at its host.");
        notes.ShouldContain("db takes no port of the machine in a preview (5432/tcp): it is reached at the name db, by the other services alone.");
    }

    [Fact]
    public void Make_Volumes_AreItsOwn()
    {
        var (model, _) = Make(Shop);
        model.Volumes.Select(v => v.Name).ShouldBe(["shop--pr-12_dumps", "shop--pr-12_data", "shop--pr-12_scratch"], ignoreOrder: true);
        model.Find("db")!.Container.Mounts.Select(m => m.Source).ShouldBe(["shop--pr-12_data", "shop--pr-12_dumps", "shop--pr-12_scratch"]);
        const string Twins = "services: {db: {image: db, volumes: ['one:/1', 'data:/2']}}\nvolumes: {one: {name: data}, data: {}}\n";
        Make(Twins).Model.Find("db")!.Container.Mounts.Select(m => m.Source).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Make_Strategy_HasNoSteps_OneInstance_AndTheSameLimits()
    {
        var web = Make(Shop).Model.Find("web")!;
        (web.Release.Strategy, web.Release.Canary, web.Replicas, web.Release.Keep.Warm).ShouldBe((Strategy.Rolling, null, 1, TimeSpan.Zero));
        (web.Container.Resources.MemoryLimit, web.Container.Resources.CpuLimit).ShouldBe((256L << 20, 0.5));
        Make(Shop).Model.Find("db")!.Release.Strategy.ShouldBe(Strategy.Recreate);
        Make(Shop, policy: new PreviewPolicy { Scale = 3 }).Model.Find("web")!.Replicas.ShouldBe(3);
        Make(Shop, policy: new PreviewPolicy { Scale = 3 }).Model.Find("mail")!.Replicas.ShouldBe(1);
    }

    [Fact]
    public void Make_Jobs_AreRunForThePreviewsOwnData_AndBarNoWayBack()
    {
        const string Branch = "services: {web: {image: web, ports: ['80'], x-release: {before: {run: ./migrate, one-way: true}}}}";
        var job = Make(Branch).Model.Find("web")!.Release.Before.ShouldHaveSingleItem();
        (job.Run[0], job.OneWay).ShouldBe(("./migrate", false));
    }

    [Fact]
    public void Make_Secrets_AreItsOwn_UnlessTheyAreGiven()
    {
        static string Content(AppModel model, string service, string secret) => model.Find(service)!.Container.Files.Single(f => f.Name == secret).Content!;

        var (model, notes) = Make(Shop);
        Content(model, "web", "db").ShouldMatch("^[0-9a-f]{32}$");
        Content(model, "db", "db").ShouldBe(Content(model, "web", "db"), "who shares a secret shares it in the preview");
        Content(model, "web", "smtp").ShouldNotBe(Content(model, "web", "db"));
        Content(Make(Shop).Model, "db", "db").ShouldBe(Content(model, "db", "db"), "the next deploy finds the database that was made with it");
        notes.ShouldContain("web gets secrets of the preview's own, not the app's: db, smtp.");

        var given = Make(Shop, policy: new PreviewPolicy { Secrets = ["smtp"] }).Model;
        (Content(given, "web", "smtp"), Content(given, "web", "db")).ShouldBe(("pa55", Content(model, "web", "db")));
        Content(Make(Shop, policy: new PreviewPolicy { AllSecrets = true }).Model, "web", "db").ShouldBe("s3cret");
    }

    [Fact]
    public void Make_Environment_SaysWhatItIs_AndThePolicyWins()
    {
        var environment = Make(Shop, policy: new PreviewPolicy { Environment = new Dictionary<string, string> { ["MODE"] = "preview" } }).Model.Find("web")!.Container.Environment;
        environment.ShouldSatisfyAllConditions(
            e => e["MODE"].ShouldBe("preview"), e => e["A"].ShouldBe("file"), e => e["SLIPWAY_PREVIEW"].ShouldBe("pr-12"), e => e["SLIPWAY_PREVIEW_OF"].ShouldBe("shop"),
            e => e["SLIPWAY_PREVIEW_HOST"].ShouldBe("pr-12.shop.example.com"));
        Make(Shop).Model.Find("db")!.Container.Environment["SLIPWAY_PREVIEW_HOST"].ShouldBe("pr-12.shop.example.com");
    }

    [Fact]
    public void Make_Https_HasNoHsts_AndOrdersNoCertificate()
    {
        var https = Make(Shop).Model.Find("web")!.Release.Https!;
        (https.Mode, https.Hsts, https.OwnCertificate).ShouldBe((HttpsMode.Redirect, null, true));
        Make(Shop).Model.Find("admin")!.Release.Https!.OwnCertificate.ShouldBeTrue();
        Make(Shop, policy: new PreviewPolicy { OrdersCertificates = true }).Model.Find("admin")!.Release.Https.ShouldBeNull();
    }

    [Fact]
    public void Make_Routes_AreUnlisted_AndPrivateWhereThatIsAskedFor()
    {
        var route = Make(Shop).Model.Find("web")!.Release.Route!;
        route.ResponseHeaders!.Set.ShouldBe(new Dictionary<string, string> { ["X-Frame-Options"] = "DENY", ["X-Robots-Tag"] = "noindex" }, ignoreOrder: true);
        route.BasicAuth.ShouldBeNull();
        var auth = new BasicAuth { Realm = "team", Users = new Dictionary<string, string> { ["ann"] = "hash" } };
        var guarded = Make(Shop, policy: new PreviewPolicy { Auth = auth, Index = true }).Model;
        guarded.Find("web")!.Release.Route!.ResponseHeaders!.Set.Keys.ShouldNotContain("X-Robots-Tag");
        guarded.Find("admin")!.Release.Route!.BasicAuth.ShouldBe(auth);
    }

    [Fact]
    public void Make_Services_AreThoseThatAreAskedFor_AndWhatTheyNeed()
    {
        var (model, notes) = Make(Shop, policy: new PreviewPolicy { Services = ["web"] });
        model.Services.Select(s => s.Name).ShouldBe(["web", "db", "mail"]);
        notes.ShouldContain("Not part of previews: admin, batch.");
        var few = Make("services: {a: {image: a, depends_on: {b: {condition: service_started, required: false}}}, b: {image: b}}", policy: new PreviewPolicy { Services = ["a"] }).Model;
        few.Services.ShouldHaveSingleItem().DependsOn.ShouldBeEmpty();
        Refused("services: {x: {image: x}}", policy: new PreviewPolicy { Services = ["web"] }).ShouldHaveSingleItem().Message.ShouldContain("none of the services");
    }

    [Theory]
    [InlineData("volumes: ['ext:/x']", "volumes: {ext: {external: true, name: prod}}", "prod", "is external")]
    [InlineData("volumes: ['nfs:/x']", "volumes: {nfs: {driver_opts: {type: nfs, device: ':/export'}}}", "shop_nfs", "a place that its driver names")]
    [InlineData("networks: [ext]", "networks: {ext: {external: true, name: proxy}}", "proxy", "is not the app's own")]
    [InlineData("volumes: ['/srv/files:/x:ro']", "", "/srv/files", "outside of the branch's folder")]
    [InlineData("volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']", "", "/var/run/docker.sock", "the socket")]
    public void Make_WhatIsShared_IsRefused_UnlessThePolicySharesIt(string keys, string rest, string name, string message)
    {
        var branch = $"services:\n  web: {{image: web, {keys}}}\n{rest}\n";
        var error = Refused(branch).ShouldHaveSingleItem();
        error.Message.ShouldContain(message);
        error.Expected!.ShouldContain($"{name} under 'share'");
        Make(branch, policy: new PreviewPolicy { Share = [name] }).Model.Services.ShouldHaveSingleItem();
    }

    [Fact]
    public void Make_Binds_OfTheFolder_CanBeRead_AndFoldersNotWritten()
    {
        static void Files(ComposeFolder folder) => folder.Write("nginx.conf", "x").Write("site/index.html", "x");

        var (model, notes) = Make("services: {web: {image: web, volumes: ['./nginx.conf:/etc/nginx.conf', './site:/site:ro']}}", prepare: Files);
        model.Find("web")!.Container.Mounts.ShouldAllBe(m => m.ReadOnly);
        notes.ShouldContain(n => n.StartsWith("web can only read the file ") && n.EndsWith("nginx.conf in a preview."));
        Refused("services: {web: {image: web, volumes: ['./site:/site']}}", prepare: Files).ShouldHaveSingleItem().Expected!.ShouldContain(":ro where it only reads it");
        // A link of the branch's own must not lead out of its folder.
        Refused("services: {web: {image: web, volumes: ['./way:/x:ro']}}", prepare: folder => File.CreateSymbolicLink(Path.Combine(folder.Folder, "way"), "/etc"))
            .ShouldHaveSingleItem().Message.ShouldContain("outside of the branch's folder");
    }

    [Fact]
    public void Make_WhatTheLiveReleaseMounts_MayBeReadToo()
    {
        const string Branch = "services: {web: {image: web, volumes: ['/srv/files:/x:ro']}}";
        Make(Branch, live: Branch).Model.Find("web")!.Container.Mounts.ShouldHaveSingleItem().Source.ShouldBe("/srv/files");
    }

    [Theory]
    [InlineData("privileged: true", "privileged")]
    [InlineData("cap_add: [SYS_ADMIN]", "cap_add")]
    [InlineData("devices: ['/dev/kvm']", "devices")]
    [InlineData("pid: host", "pid")]
    [InlineData("ipc: host", "ipc")]
    [InlineData("security_opt: ['seccomp=unconfined']", "security_opt")]
    [InlineData("sysctls: {net.core.somaxconn: '1'}", "sysctls")]
    [InlineData("cgroup_parent: /x", "cgroup_parent")]
    [InlineData("runtime: other", "runtime")]
    public void Make_PowerThatTheLiveReleaseHasNot_IsRefused(string keys, string key)
    {
        var branch = $"services: {{web: {{image: web, {keys}}}}}";
        Refused(branch).ShouldHaveSingleItem().Key.ShouldBe($"services.web.{key}");
        Make(branch, live: branch).Model.Services.ShouldHaveSingleItem();
    }

    [Fact]
    public void Make_TheMachinesNetwork_IsRefusedAlways()
    {
        const string Branch = "services: {web: {image: web, network_mode: host}}";
        Refused(Branch, live: Branch).ShouldHaveSingleItem().Message.ShouldContain("would take the ports of this machine");
        Make("services: {web: {image: web}, node: {image: node, network_mode: host}}", policy: new PreviewPolicy { Services = ["web"] }).Model.Services.ShouldHaveSingleItem();
    }

    [Fact]
    public void Make_SeveralErrors_AreReportedTogether() =>
        Refused("services: {web: {image: web, privileged: true, volumes: ['/srv/files:/x']}, b: {image: b, pid: host}}").Count.ShouldBe(3);
}
