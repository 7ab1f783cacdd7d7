using System.Net;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

/// <summary>docs/reference/registry-access.md, "Who may do what": each of its rows.</summary>
public sealed class RightsMatrixTests(RightsMatrixTests.Fixture fixture) : IClassFixture<RightsMatrixTests.Fixture>
{
    static readonly string[] Everything = ["pull", "push", "delete"];

    [Theory]
    [InlineData("anonymous", "private", "")]
    [InlineData("anonymous", "public", "pull")]
    [InlineData("stranger", "private", "")]
    [InlineData("stranger", "public", "pull")]
    [InlineData("viewer", "private", "pull")]
    [InlineData("developer", "private", "pull push")]
    [InlineData("maintainer", "private", "pull push delete")]
    [InlineData("maintainer", "other", "")]
    [InlineData("puller", "private", "pull")]
    [InlineData("pusher", "private", "pull push")]
    [InlineData("cleaner", "private", "delete")]
    [InlineData("admin", "private", "pull push delete")]
    [InlineData("admin", "other", "pull push delete")]
    public async Task Account_MayDo(string who, string project, string may)
    {
        foreach (var byToken in (bool[])[false, true])
        {
            var repository = $"{project}/{who}-{(byToken ? "token" : "basic")}";
            await fixture.Host.Admin.PushImage(repository, "v1");
            var client = fixture.ClientOf(who);
            if (byToken) client = await fixture.Host.WithToken(client, $"repository:{repository}:pull,push,delete");
            var allowed = may.Split(' ', StringSplitOptions.RemoveEmptyEntries);

            foreach (var action in Everything)
            {
                foreach (var (method, path) in Requests(repository, action))
                {
                    var status = (int)(await client.Send(method, path)).StatusCode;
                    if (allowed.Contains(action)) status.ShouldNotBeOneOf(401, 403);
                    else if (who == "anonymous" && !byToken) status.ShouldBe(401, $"{method} {path}");
                    else status.ShouldBe(403, $"{method} {path}");
                }
            }
        }
    }

    [Fact]
    public async Task Denied_SaysTheSame_WhetherItIsThereOrNot()
    {
        await fixture.Host.Admin.PushImage("private/there", "v1");
        var client = fixture.ClientOf("stranger");
        var (there, missing) = (await client.GetAsync("/v2/private/there/manifests/v1"), await client.GetAsync("/v2/private/none/manifests/v1"));
        missing.StatusCode.ShouldBe(there.StatusCode);
        (await missing.Text()).Replace("none", "there").ShouldBe(await there.Text());
    }

    [Fact]
    public async Task Mount_NeedsPullOfItsSource_OrIsAnUpload()
    {
        var blob = await fixture.Host.Admin.PushBlob("other/secret", Client.Random(500, 77));
        var developer = fixture.ClientOf("developer");
        (await developer.Send("POST", $"/v2/private/x/blobs/uploads/?mount={blob}&from=other/secret")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await fixture.Host.Admin.Send("HEAD", $"/v2/private/x/blobs/{blob}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var own = await fixture.Host.Admin.PushBlob("private/base", Client.Random(500, 78));
        (await developer.Send("POST", $"/v2/private/x/blobs/uploads/?mount={own}&from=private/base")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Catalog_ShowsWhatTheCallerMayPull()
    {
        foreach (var project in (string[])["private", "public", "other"]) await fixture.Host.Admin.PushImage($"{project}/listed", "v1");
        var seen = await fixture.ClientOf("viewer").GetStringAsync("/v2/_catalog");
        seen.ShouldContain("private/listed");
        seen.ShouldContain("public/listed");
        seen.ShouldNotContain("other/listed");
        (await fixture.Host.Admin.GetStringAsync("/v2/_catalog")).ShouldContain("other/listed");
        (await fixture.Host.Anonymous.GetAsync("/v2/_catalog")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Catalog_Filtered_HasPagesWithoutGaps()
    {
        for (var i = 0; i < 12; i++) await fixture.Host.Admin.PushImage($"{(i % 2 == 0 ? "other" : "private")}/paged{i:D2}", "v1");
        var (all, path) = (new List<string>(), "/v2/_catalog?n=2");
        while (path is not null)
        {
            var page = await fixture.ClientOf("viewer").GetAsync(path);
            using var json = System.Text.Json.JsonDocument.Parse(await page.Text());
            all.AddRange(json.RootElement.GetProperty("repositories").EnumerateArray().Select(name => name.GetString()!));
            path = page.Header("Link") is { } link ? link[1..link.IndexOf('>')] : null;
        }
        all.Where(name => name.Contains("paged")).ShouldBe(["private/paged01", "private/paged03", "private/paged05", "private/paged07", "private/paged09", "private/paged11"]);
        all.ShouldBeUnique();
    }

    static IEnumerable<(string Method, string Path)> Requests(string repository, string action) => action switch
    {
        "pull" =>
        [
            ("GET", $"/v2/{repository}/manifests/v1"), ("HEAD", $"/v2/{repository}/manifests/v1"), ("GET", $"/v2/{repository}/tags/list"),
            ("GET", $"/v2/{repository}/blobs/{Client.Sha256([9])}"), ("GET", $"/v2/{repository}/referrers/{Client.Sha256([9])}"),
        ],
        "push" => [("POST", $"/v2/{repository}/blobs/uploads/"), ("PUT", $"/v2/{repository}/manifests/v2"), ("GET", $"/v2/{repository}/blobs/uploads/{Guid.NewGuid()}")],
        _ => [("DELETE", $"/v2/{repository}/blobs/{Client.Sha256([9])}"), ("DELETE", $"/v2/{repository}/manifests/none")],
    };

    public sealed class Fixture : IAsyncLifetime
    {
        readonly Dictionary<string, HttpClient> _clients = [];

        public AccessHost Host { get; private set; } = null!;

        public HttpClient ClientOf(string who) => _clients[who];

        public async ValueTask InitializeAsync()
        {
            Host = await AccessHost.Start();
            await Host.Projects.Set("public", true, Caller.Server, default);
            _clients["anonymous"] = Host.Anonymous;
            _clients["admin"] = Host.Admin;
            _clients["stranger"] = await Host.User("stranger");
            foreach (var role in Enum.GetValues<ProjectRole>()) _clients[role.ToString().ToLowerInvariant()] = await Host.User(role.ToString().ToLowerInvariant(), ("private", role));
            foreach (var (name, actions) in ((string, string[])[])[("puller", ["pull"]), ("pusher", ["pull", "push"]), ("cleaner", ["delete"])])
            {
                var robot = await Host.Robot("private", name, "private", actions);
                _clients[name] = Host.As(robot.Name, robot.Secret!);
            }
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
