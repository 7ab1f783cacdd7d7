using System.Formats.Tar;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Images.Diffs;
using Slipway.Registry.Rules;

namespace Slipway.Registry.Tests.Images;

public sealed class ImageTests : IAsyncLifetime
{
    const string Config =
        """
        {"os":"linux","architecture":"amd64","created":"2026-01-01T00:00:00Z",
        "config":{"User":"app","Env":["PATH=/bin","V=1"],"Entrypoint":["/bin/app"],"Cmd":["serve"],"ExposedPorts":{"80/tcp":{}},"Labels":{"org":"shop"}},
        "history":[{"created_by":"COPY app"},{"created_by":"ENV V=1","empty_layer":true}]}
        """;

    RegistryHost _host = null!;

    HttpClient Client => _host.Client;

    ImageListing Listing => _host.Services.GetRequiredService<ImageListing>();

    ImageInspection Inspection => _host.Services.GetRequiredService<ImageInspection>();

    ImageChanges Changes => _host.Services.GetRequiredService<ImageChanges>();

    ImageDiffs Diffs => _host.Services.GetRequiredService<ImageDiffs>();

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    Task<string> Push(string repository, string reference, string config = Config, params (string, string)[] files) =>
        Layers.Push(Client, repository, reference, config, Layers.Tar(TarEntryFormat.Pax, files.Length == 0 ? [("bin/app", "755|app")] : files));

    async Task<string> PushIndex(string repository, string tag, params (string Digest, string Architecture)[] entries)
    {
        var descriptors = new List<string>();
        foreach (var (digest, architecture) in entries)
            descriptors.Add($$"""{"mediaType":"{{Registry.Tests.Client.OciImage}}","digest":"{{digest}}","size":{{(await Client.GetByteArrayAsync($"/v2/{repository}/manifests/{digest}")).Length}},"platform":{"os":"linux","architecture":"{{architecture}}"} }""");
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Registry.Tests.Client.OciIndex}}","manifests":[{{string.Join(',', descriptors)}}]}""";
        (await Client.PutManifest(repository, tag, index, Registry.Tests.Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return Registry.Tests.Client.Sha256(Encoding.UTF8.GetBytes(index));
    }

    [Theory]
    [InlineData("team/app", "team/app:latest")]
    [InlineData("app:1.2", "app:1.2")]
    [InlineData("a/b:x@sha256:0000000000000000000000000000000000000000000000000000000000000000", "a/b@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("Team/app", null)]
    [InlineData("a/b:", null)]
    [InlineData("a/b@v1", null)]
    [InlineData("127.0.0.1:8080/a/b:1", null)]
    [InlineData("", null)]
    public void Name_IsReadAsDockerDoes(string text, string? read) => (ImageName.TryParse(text)?.ToString()).ShouldBe(read);

    [Fact]
    public async Task List_PagesAndFilters_RepositoriesAndTags()
    {
        foreach (var repository in (string[])["shop/web", "shop/api", "store/web"])
            for (var i = 0; i < 3; i++) await Client.PushImage(repository, $"t{i}", seed: i);
        await Changes.Label("shop/api", new Dictionary<string, string?> { ["team"] = "core" }, Caller.Server, default);
        await Changes.Label("shop/web:t1", new Dictionary<string, string?> { ["stage"] = "prod" }, Caller.Server, default);

        Listing.Repositories(null, null).Entries.Select(entry => (entry.Repository, entry.Tags)).ShouldBe([("shop/api", 3), ("shop/web", 3), ("store/web", 3)]);
        Listing.Repositories("shop/*", null, limit: 1).ShouldSatisfyAllConditions(page => page.Entries.Single().Repository.ShouldBe("shop/api"), page => page.Next.ShouldBe("shop/api"));
        Listing.Repositories("shop/*", null, "shop/api", 1).ShouldSatisfyAllConditions(page => page.Entries.Single().Repository.ShouldBe("shop/web"), page => page.Next.ShouldBeNull());
        Listing.Repositories(null, "team=core").Entries.Single().Repository.ShouldBe("shop/api");
        Should.Throw<InvalidInputException>(() => Listing.Repositories("{", null));

        var page = await Listing.Tags("shop/web", null, "", 2, default);
        page.Entries.Select(entry => entry.Tag).ShouldBe(["t0", "t1"]);
        (await Listing.Tags("shop/web", null, page.Next!, 2, default)).ShouldSatisfyAllConditions(next => next.Entries.Single().Tag.ShouldBe("t2"), next => next.Next.ShouldBeNull());
        (await Listing.Tags("shop/web", "stage", "", 1, default)).Entries.Single().Tag.ShouldBe("t1");
        (await Listing.Tags("shop/api", "team=core", "", 10, default)).Entries.Count.ShouldBe(3);
        await Should.ThrowAsync<NotFoundException>(() => Listing.Tags("no/where", null, "", 1, default));
    }

    [Fact]
    public async Task Inspect_Image_ShowsConfigLayersAndWhoRefersToIt()
    {
        var digest = await Push("shop/web", "v1");
        var signature = $$"""{"schemaVersion":2,"mediaType":"{{Registry.Tests.Client.OciImage}}","artifactType":"application/x.sig","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{await Client.PushBlob("shop/web", "{}"u8.ToArray())}}","size":2},"layers":[],"subject":{"mediaType":"{{Registry.Tests.Client.OciImage}}","digest":"{{digest}}","size":{{(await Client.GetByteArrayAsync("/v2/shop/web/manifests/v1")).Length}} } }""";
        (await Client.PutManifest("shop/web", Registry.Tests.Client.Sha256(Encoding.UTF8.GetBytes(signature)), signature)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var index = await PushIndex("shop/web", "multi", (digest, "amd64"));
        _host.InUse.Add(new ImageUse("shop/web", Digest.Parse(digest), "shop v3 (live)"));

        var image = await Inspection.Inspect("shop/web:v1", null, default);

        image.Digest.Value.ShouldBe(digest);
        image.Tags.ShouldBe(["v1"]);
        image.Config!.Entrypoint.ShouldBe(["/bin/app"]);
        image.Config.Environment.ShouldBe(["PATH=/bin", "V=1"]);
        image.Config.Ports.ShouldBe(["80/tcp"]);
        image.Config.Labels!["org"].ShouldBe("shop");
        image.Layers.Single().CreatedBy.ShouldBe("COPY app");
        image.Size.ShouldBe(image.Layers.Single().Size + Config.Length);
        image.Referrers.Single().ArtifactType.ShouldBe("application/x.sig");
        image.Indexes.ShouldBe([index]);
        image.UsedBy.ShouldBe(["shop v3 (live)"]);
        (await Inspection.Inspect("shop/web:multi", "linux/amd64", default)).Config!.User.ShouldBe("app");
        (await Should.ThrowAsync<NotFoundException>(() => Inspection.Inspect("shop/web:multi", "linux/arm64", default))).Message.ShouldContain("only for linux/amd64");
        (await Listing.Tags("shop/web", null, "", 10, default)).Entries.Select(entry => (entry.Tag, string.Join(',', entry.Platforms), entry.Size, entry.Referrers))
            .ShouldBe([("multi", "linux/amd64", image.Size, 0), ("v1", "linux/amd64", image.Size, 1)]);
    }

    [Fact]
    public async Task Tag_AcrossRepositories_BringsIndexEntriesAndAttached_WithoutMovingBytes()
    {
        var (amd, arm) = (await Push("shop/web", "amd"), await Push("shop/web", "arm", Config.Replace("amd64", "arm64")));
        var index = await PushIndex("shop/web", "v1", (amd, "amd64"), (arm, "arm64"));

        (await Changes.Tag("shop/web:v1", "prod/web:stable", new Caller("anna"), default)).Value.ShouldBe(index);

        (await Client.GetAsync("/v2/prod/web/manifests/stable")).Header("Docker-Content-Digest").ShouldBe(index);
        (await Inspection.Inspect("prod/web:stable", "linux/arm64", default)).Config!.Architecture.ShouldBe("arm64");
        (await Client.GetAsync($"/v2/prod/web/manifests/{arm}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Changes.Tag("shop/web:v1", "prod/web:stable", Caller.Server, default)).Value.ShouldBe(index);
        await Should.ThrowAsync<NotFoundException>(() => Changes.Tag("shop/web:none", "prod/web", Caller.Server, default));
        await Should.ThrowAsync<InvalidInputException>(() => Changes.Tag("shop/web:v1", $"prod/web@{index}", Caller.Server, default));

        await _host.Services.GetRequiredService<ProjectRules>().AddImmutable("prod", new ImmutableRule(), Caller.Server, default);
        await Should.ThrowAsync<RuleRefusedException>(() => Changes.Tag("shop/web:amd", "prod/web:stable", Caller.Server, default));
        (await Client.GetAsync("/v2/prod/web/manifests/stable")).Header("Docker-Content-Digest").ShouldBe(index);
    }

    [Fact]
    public async Task Tag_BeyondTheQuotaOfTheOtherProject_IsRefused_AndLeavesNothing()
    {
        await Client.PushImage("shop/web", "v1");
        await _host.Services.GetRequiredService<ProjectRules>().SetQuota("prod", new ProjectQuota { Bytes = 500 }, Caller.Server, default);
        await Should.ThrowAsync<RuleRefusedException>(() => Changes.Tag("shop/web:v1", "prod/web:v1", Caller.Server, default));
        _host.Services.GetRequiredService<ProjectRules>().Show("prod").Usage.ShouldBe(new ProjectUsage(0, 0, 0));
    }

    [Fact]
    public async Task Remove_LastTag_TakesTheImage_AnIndexItsEntries_AndNotWhatOthersNeed()
    {
        var (amd, arm) = (await Push("shop/web", "amd"), await Push("shop/web", "tmp", Config.Replace("amd64", "arm64")));
        var index = await PushIndex("shop/web", "v1", (amd, "amd64"), (arm, "arm64"));
        await Changes.Tag("shop/web:v1", "shop/web:v1.0", Caller.Server, default);
        (await Should.ThrowAsync<ConflictException>(() => Changes.Remove($"shop/web@{arm}", force: true, Caller.Server, default))).Message.ShouldContain("entry of the index");
        (await Changes.Remove("shop/web:tmp", force: false, Caller.Server, default)).Deleted.ShouldBeEmpty();

        var first = await Changes.Remove("shop/web:v1.0", force: false, Caller.Server, default);
        var second = await Changes.Remove("shop/web:v1", force: false, Caller.Server, default);

        first.Untagged.ShouldBe(["shop/web:v1.0"]);
        first.Deleted.ShouldBeEmpty();
        second.Untagged.ShouldBe(["shop/web:v1"]);
        second.Deleted.ShouldBe([index, arm]);
        (await Client.GetAsync($"/v2/shop/web/manifests/{amd}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Remove_UsedByARelease_IsRefusedWithTheApp_UnlessForced()
    {
        var digest = await Client.PushImage("shop/web", "v1");
        _host.InUse.Add(new ImageUse("shop/web", Digest.Parse(digest), "shop v3 (live)"));
        (await Should.ThrowAsync<ConflictException>(() => Changes.Remove("shop/web:v1", force: false, Caller.Server, default))).Message.ShouldContain("shop v3 (live)");
        (await Changes.Remove("shop/web:v1", force: true, Caller.Server, default)).Deleted.ShouldBe([digest]);
    }

    [Fact]
    public async Task Labels_AreSetRemovedAndChecked_AndGoWithTheImage()
    {
        await Client.PushImage("shop/web", "v1");
        await Changes.Label("shop/web", new Dictionary<string, string?> { ["team"] = "core", ["a"] = "b" }, Caller.Server, default);
        (await Changes.Label("shop/web:v1", new Dictionary<string, string?> { ["stage"] = "prod" }, Caller.Server, default)).Count.ShouldBe(3);
        (await Changes.Label("shop/web", new Dictionary<string, string?> { ["a"] = null }, Caller.Server, default)).Keys.ShouldBe(["team"]);
        (await Should.ThrowAsync<InvalidInputException>(() => Changes.Label("shop/web", new Dictionary<string, string?> { ["-x"] = "", ["y"] = "\n" }, Caller.Server, default))).Diagnostics.Count.ShouldBe(2);
        await Changes.Remove("shop/web:v1", force: false, Caller.Server, default);
        await Client.PushImage("shop/web", "v1");
        (await Inspection.Inspect("shop/web:v1", null, default)).Labels.Keys.ShouldBe(["team"]);
    }

    [Fact]
    public async Task Diff_ShowsConfigLayersAndFiles_WithWhiteouts()
    {
        var @base = Layers.Tar(TarEntryFormat.Pax, ("etc/", "755|"), ("etc/a", "600|one"), ("etc/gone", "x"), ("srv/", "755|"), ("srv/x/", "755|"), ("srv/x/y", "z"));
        await Layers.Push(Client, "shop/web", "v1", Config, @base, Layers.Tar(TarEntryFormat.Pax, ("etc/b", "old"), ("same", "s")));
        await Layers.Push(
            Client, "shop/web", "v2", Config.Replace("V=1", "V=2"), @base,
            Layers.Tar(TarEntryFormat.Gnu, ("etc/b", "644|newer"), ("etc/a", "644|one"), ("etc/.wh.gone", ""), ("srv/.wh.x", ""), ("same", "s"), ("link -> same", "")));

        var diff = await Diffs.Compare("shop/web:v1", "shop/web:v2", null, files: true, default);

        diff.Config.ShouldBe([new ConfigChange("environment.V", "1", "2")]);
        diff.Layers.Select(layer => layer.Change).ShouldBe(["shared", "removed", "added"]);
        diff.Files!.Entries.Select(change => $"{change.Change} {change.Path}").ShouldBe(
            ["changed /etc/a", "changed /etc/b", "removed /etc/gone", "added /link", "removed /srv/x/", "removed /srv/x/y"]);
        diff.Files.Entries[0].ShouldSatisfyAllConditions(change => change.Before!.Mode.ShouldBe("0600"), change => change.After!.Mode.ShouldBe("0644"));
        (diff.Files.Added, diff.Files.Removed, diff.Files.Changed).ShouldBe((1, 3, 2));
        (await Diffs.Compare("shop/web:v1", "shop/web:v1", null, files: true, default)).Files!.Entries.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+zstd", "zstd layer")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip", "files not compared: layer")]
    [InlineData("application/vnd.cncf.helm.chart.content.v1", "application/vnd.cncf.helm.chart.content.v1 layer")]
    public async Task Diff_LayersThatCannotBeRead_SaysSo_AndComparesTheRest(string mediaType, string reason)
    {
        await Push("shop/web", "v1");
        var manifest = (await Client.ImageManifest("shop/web", 3)).Replace("application/vnd.oci.image.layer.v1.tar", mediaType);
        (await Client.PutManifest("shop/web", "v2", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var diff = await Diffs.Compare("shop/web:v1", "shop/web:v2", null, files: true, default);
        diff.Files!.NotCompared!.ShouldContain(reason);
        diff.Layers.Count.ShouldBe(2);
    }
}
