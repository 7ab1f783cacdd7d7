using System.Text.Json;
using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class FilesTests
{
    [Fact]
    public void Discovery_Override_IsMerged()
    {
        using var folder = new ComposeFolder();
        folder.Write("docker-compose.yml", "services: {web: {image: a, environment: [A=1, B=1]}}")
            .Write("docker-compose.override.yml", "services: {web: {image: b, environment: {B: 2}}}");
        var web = folder.Read().Find("web")!;
        web.Image.ShouldBe("b");
        web.Container.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" });
    }

    [Fact]
    public void Merge_Rules_HoldForEachKey()
    {
        using var folder = new ComposeFolder("""
            services:
              web:
                image: a
                command: [a, b]
                entrypoint: e
                healthcheck: {test: [CMD, a], interval: 5s}
                ports: ['8080:80', '53:53/udp']
                volumes: ['a:/x', 'a:/y']
                dns: 1.1.1.1
                cap_add: [A]
                labels: {l: '1'}
                depends_on: [db]
                logging: {driver: json-file, options: {max-size: 1m}}
                hostname: h
              db: {image: a}
            volumes: {a: , b: }
            """);
        folder.Write("over.yaml", """
            services:
              web:
                command: [c]
                entrypoint: f
                healthcheck: {test: [CMD, c]}
                ports: ['8080:80', '54:53/udp']
                volumes: ['b:/x']
                dns: [8.8.8.8]
                cap_add: [B, A]
                labels: [m=2]
                depends_on: {db: {condition: service_healthy}}
                logging: {driver: local}
                hostname: !reset null
            """);
        folder.Files.AddRange(["compose.yaml", "over.yaml"]);
        var web = folder.Read().Find("web")!;
        var container = web.Container;
        container.Command.ShouldBe(["c"]);
        container.Entrypoint.ShouldBe(["f"]);
        container.HealthCheck!.Test.ShouldBe(["CMD", "c"]);
        container.HealthCheck.Interval.ShouldBe(TimeSpan.FromSeconds(5));
        web.Ports.Select(p => p.ToString()).ShouldBe(["53:53/udp", "54:53/udp"]);
        web.Release.GatewayPorts.ShouldBe([new GatewayPort(null, 8080)]);
        container.Mounts.Select(m => $"{m.Source}:{m.Target}").ShouldBe(["shop_b:/x", "shop_a:/y"]);
        container.Dns.ShouldBe(["1.1.1.1", "8.8.8.8"]);
        container.CapAdd.ShouldBe(["A", "B"]);
        container.Labels.Keys.ShouldBe(["l", "m"]);
        web.DependsOn.ShouldBe([new DependencyModel { Service = "db", Condition = DependencyCondition.Healthy }]);
        container.LogOptions.ShouldBeEmpty();
        container.Hostname.ShouldBeNull();
    }

    [Fact]
    public void Merge_ResetAndOverride_ReplaceLists()
    {
        using var folder = new ComposeFolder("services: {web: {image: a, ports: ['8080:80'], environment: {A: 1, B: 2}, cap_add: [A]}, gone: {image: b}}");
        folder.Write("compose.override.yaml", "services: {web: {ports: !override ['8443:443'], environment: {A: !reset null}, cap_add: !reset []}, gone: !reset null}");
        var model = folder.Read();
        model.Services.ShouldHaveSingleItem().Release.GatewayPorts.ShouldBe([new GatewayPort(null, 8443)]);
        model.Services[0].Container.Environment.Keys.ShouldBe(["B"]);
        model.Services[0].Container.CapAdd.ShouldBeEmpty();
    }

    [Fact]
    public void DotEnv_AndShell_FillVariables()
    {
        using var folder = new ComposeFolder("services: {web: {image: 'a:${TAG}', labels: {n: '${COMPOSE_PROJECT_NAME}', v: '$WHO'}}}");
        folder.Write(".env", "TAG=file\nWHO=file\n").Variables["WHO"] = "shell";
        var web = folder.Read().Find("web")!;
        web.Image.ShouldBe("a:file");
        web.Container.Labels.ShouldBe(new Dictionary<string, string> { ["n"] = "shop", ["v"] = "shell" });
    }

    [Fact]
    public void VariablesIn_NamesAllWithoutValues()
    {
        using var folder = new ComposeFolder("services: {web: {image: 'a:${TAG:?}', environment: [FROM_SHELL, 'X=${A:-${B}}'], env_file: [e.env]}}");
        folder.Write("e.env", "IN_FILE\nY=$C\n");
        ComposeFile.VariablesIn(folder.Request).Where(v => !v.StartsWith("COMPOSE_", StringComparison.Ordinal))
            .ShouldBe(["A", "B", "C", "FROM_SHELL", "IN_FILE", "TAG"]);
    }

    [Fact]
    public void Anchors_AndMergeKeys_AreResolved()
    {
        using var folder = new ComposeFolder("""
            x-env: &env {A: 1, B: 2}
            x-more: &more {B: 3, C: 3}
            services:
              web: &web
                image: a
                environment: {<<: [*env, *more], A: own}
              two: {<<: *web, image: b}
            """);
        var model = folder.Read();
        model.Find("two")!.Image.ShouldBe("b");
        model.Find("two")!.Container.Environment.ShouldBe(new Dictionary<string, string> { ["A"] = "own", ["B"] = "2", ["C"] = "3" });
    }

    [Fact]
    public void Extends_SameAndOtherFile_LieUnder()
    {
        using var folder = new ComposeFolder("""
            services:
              base: {image: a, environment: {A: 1}, cap_add: [X]}
              web: {extends: base, environment: {B: 2}}
              far: {extends: {file: common/base.yaml, service: leaf}, command: run}
            """);
        folder.Write("common/base.yaml", "services: {root: {image: r, volumes: ['./data:/d']}, leaf: {extends: {service: root}, tty: true}}");
        var model = folder.Read();
        model.Find("web")!.Container.Environment.Keys.ShouldBe(["A", "B"]);
        model.Find("web")!.Container.CapAdd.ShouldBe(["X"]);
        var far = model.Find("far")!;
        (far.Image, far.Container.Tty).ShouldBe(("r", true));
        far.Container.Mounts.Single().Source.ShouldBe(Path.Combine(folder.Folder, "common", "data"));
    }

    [Fact]
    public void Extends_InACircle_IsAnError()
    {
        using var folder = new ComposeFolder("services: {a: {image: x, extends: b}, b: {image: x, extends: a}}");
        folder.Errors().ShouldNotBeEmpty();
        folder.Errors()[0].Message.ShouldContain("circle");
    }

    [Fact]
    public void Include_UsesItsOwnFolderAndDotEnv()
    {
        using var folder = new ComposeFolder("include: [part/compose.yaml]\nservices: {web: {image: a, depends_on: [db]}}");
        folder.Write("part/compose.yaml", "services: {db: {image: 'db:${TAG}', volumes: ['./d:/d']}}").Write("part/.env", "TAG=9\n");
        var db = folder.Read().Find("db")!;
        db.Image.ShouldBe("db:9");
        db.Container.Mounts.Single().Source.ShouldBe(Path.Combine(folder.Folder, "part", "d"));
    }

    [Fact]
    public void Include_ConflictAndCircle_AreErrors()
    {
        using var folder = new ComposeFolder("include: [b.yaml]\nservices: {web: {image: a}}");
        folder.Write("b.yaml", "services: {web: {image: b}}");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("services.web is defined here and in b.yaml:1");
        folder.Write("b.yaml", "include: [compose.yaml]\nservices: {x: {image: b}}");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("circle");
    }

    [Fact]
    public void Profiles_SelectServicesAndNeverEnableDependencies()
    {
        using var folder = new ComposeFolder("services: {web: {image: a}, bar: {image: a, profiles: [test], gpus: all}, zot: {image: a, depends_on: [bar], profiles: [debug]}}");
        folder.Read().Services.Select(s => s.Name).ShouldBe(["web"]);
        folder.Profiles.Add("debug");
        folder.Errors().ShouldHaveSingleItem().Message.ShouldContain("profile test");
    }

    [Theory]
    [InlineData("name: my-app\n", "my-app")]
    [InlineData("name: My_App\n", "my-app")]
    [InlineData("name: ${N:-other}\n", "other")]
    [InlineData("", "shop")]
    public void Name_OfTheApp_IsFound(string head, string name)
    {
        using var folder = new ComposeFolder(head + "services: {web: {image: a}}");
        folder.Read().Name.Value.ShouldBe(name);
    }

    [Fact]
    public void Model_OfTheSameInput_IsTheSameJson()
    {
        using var folder = new ComposeFolder("services: {web: {image: a, environment: {B: 1, A: 2}, labels: {z: 1, a: 2}, networks: [n, m], volumes: ['y:/y', 'x:/x']}}\nnetworks: {m: , n: }\nvolumes: {y: , x: }");
        var first = JsonSerializer.Serialize(folder.Read(), ModelJson.Default.AppModel);
        folder.Write("compose.yaml", "services: {web: {image: a, labels: {a: 2, z: 1}, environment: {A: 2, B: 1}, networks: [m, n], volumes: ['y:/y', 'x:/x']}}\nvolumes: {x: , y: }\nnetworks: {n: , m: }");
        JsonSerializer.Serialize(folder.Read(), ModelJson.Default.AppModel).ShouldBe(first);
    }
}
