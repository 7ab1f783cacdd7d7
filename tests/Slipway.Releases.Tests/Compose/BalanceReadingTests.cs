using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class BalanceReadingTests
{
    static RoutePolicy? Route(string text) => ComposeFolder.Service($"ports: ['80']\nx-release: {{{text}}}").Release.Route;

    [Fact]
    public void Keys_ThatAskForNothing_AreNone() => Route("balance: least-requests, affinity: none, retries: false, breaker: false, health: false").ShouldBeNull();

    [Theory]
    [InlineData("round-robin", BalanceKind.RoundRobin, HashSource.Address, null, 200)]
    [InlineData("two-choices", BalanceKind.TwoChoices, HashSource.Address, null, 200)]
    [InlineData("hash", BalanceKind.Hash, HashSource.Address, null, 200)]
    [InlineData("{hash: path}", BalanceKind.Hash, HashSource.Path, null, 200)]
    [InlineData("{hash: 'header:X-User', load: 125%}", BalanceKind.Hash, HashSource.Header, "X-User", 125)]
    [InlineData("{hash: 'cookie:sid'}", BalanceKind.Hash, HashSource.Cookie, "sid", 200)]
    public void Balance_Words_AreRead(string text, BalanceKind kind, HashSource source, string? name, int load) =>
        Route($"balance: {text}")!.Balance.ShouldBe(new BalancePolicy { Kind = kind, Source = source, Name = name, Load = load });

    [Fact]
    public void True_IsTheDefaults_AsThePageHasThem()
    {
        var route = Route("affinity: cookie, retries: true, breaker: true, health: /healthz, max-connections: 100")!;
        route.Affinity.ShouldBe(new AffinityPolicy());
        route.MaxConnections.ShouldBe(100);
        var page = Route("""
            retries: {attempts: 2, on: [connect, unanswered, 502, 503, 504], methods: [GET, HEAD, OPTIONS], budget: 20%},
            breaker: {failures: 50%, window: 10s, min-requests: 20, open: 10s},
            health: {path: /healthz, every: 5s, timeout: 2s, fails: 2, passes: 1, status: 200-399, share: 100%}
            """.ReplaceLineEndings(" "))!;
        page.Breaker.ShouldBe(route.Breaker.ShouldNotBeNull());
        page.Health.ShouldBe(route.Health.ShouldNotBeNull());
        page.Retries!.Statuses.ShouldBe(route.Retries!.Statuses);
        page.Retries.Methods.ShouldBe(route.Retries.Methods);
        (page.Retries.Attempts, page.Retries.Unanswered, page.Retries.PerTry, page.Retries.Budget).ShouldBe((route.Retries.Attempts, route.Retries.Unanswered, route.Retries.PerTry, route.Retries.Budget));
    }

    [Fact]
    public void Keys_Full_AreRead()
    {
        var route = Route("""
            affinity: {lifetime: 8h}, retries: {attempts: 3, on: [unanswered, 500], methods: GET, per-try: 2s, budget: 10%},
            breaker: {failures: 25%, window: 30s, min-requests: 5, open: 1m}, health: {path: "/up?x=1", every: 500ms, timeout: 1s, fails: 3, passes: 2, status: 204, share: 50%}
            """.ReplaceLineEndings(" "))!;
        route.Affinity.ShouldBe(new AffinityPolicy { Lifetime = TimeSpan.FromHours(8) });
        (route.Retries!.Attempts, route.Retries.Unanswered, route.Retries.PerTry, route.Retries.Budget).ShouldBe((3, true, TimeSpan.FromSeconds(2), 10));
        route.Retries.Statuses.ShouldBe([500]);
        route.Retries.Methods.ShouldBe(["GET"]);
        route.Breaker.ShouldBe(new BreakerPolicy { Failures = 25, Window = TimeSpan.FromSeconds(30), MinRequests = 5, Open = TimeSpan.FromMinutes(1) });
        route.Health.ShouldBe(new HealthPolicy { Path = "/up?x=1", Every = TimeSpan.FromMilliseconds(500), Timeout = TimeSpan.FromSeconds(1), Fails = 3, Passes = 2, StatusFrom = 204, StatusTo = 204, MaxShare = 50 });
    }

    [Theory]
    [InlineData("balance: random", "balance", "'random' is no way to choose an instance", "round-robin")]
    [InlineData("balance: {load: 150%}", "balance", "does not say what requests are hashed by", "{hash:")]
    [InlineData("balance: {hash: user}", "balance.hash", "'user' is nothing that requests are hashed by", "header:NAME")]
    [InlineData("balance: {hash: 'header:a b'}", "balance.hash", "is nothing that requests are hashed by", "header:NAME")]
    [InlineData("balance: {hash: path, load: 100%}", "balance.load", "'100%' is no load", "150%")]
    [InlineData("balance: hash, affinity: cookie", "affinity", "balance: hash says by itself", "one of both")]
    [InlineData("affinity: header", "affinity", "'header' is nothing that a client can be known by", "cookie")]
    [InlineData("affinity: {lifetime: 10ms}", "affinity.lifetime", "a second or longer", "8h")]
    [InlineData("max-connections: 0", "max-connections", "'0' is no number that fits", "from 1")]
    [InlineData("retries: {attempts: 11}", "retries.attempts", "'11' is no number that fits", "to 10")]
    [InlineData("retries: {on: [404]}", "retries.on[0]", "'404' is no reason", "500 to 599")]
    [InlineData("retries: {methods: [POST]}", "retries.methods[0]", "'POST' can't be repeated", "GET")]
    [InlineData("retries: {per-try: 100ms}", "retries.per-try", "a second or longer", "2s")]
    [InlineData("timeouts: {answer: 5s}, retries: {per-try: 5s}", "retries.per-try", "no instance is ever given up", "5s")]
    [InlineData("retries: {on: [503], per-try: 2s}", "retries.per-try", "does not have unanswered", "unanswered")]
    [InlineData("retries: {budget: 0%}", "retries.budget", "'0%' is no share", "20%")]
    [InlineData("breaker: {failures: half}", "breaker.failures", "'half' is no share", "20%")]
    [InlineData("breaker: {open: 0s}", "breaker.open", "a second or longer", "2s")]
    [InlineData("health: {every: 5s}", "health", "do not say what is asked", "/healthz")]
    [InlineData("health: up", "health", "'up' is no path", "/healthz")]
    [InlineData("health: {path: \"/a\\r\\nX: y\"}", "health.path", "is no path", "/healthz")]
    [InlineData("health: {path: /a, every: 1ms}", "health.every", "not asked so often", "100ms")]
    [InlineData("health: {path: /a, status: 399-200}", "health.status", "'399-200' are no statuses", "200-399")]
    [InlineData("path: \"/a\\r\\nb\"", "path", "is no path of a route", "/api")]
    public void Key_Wrong_SaysWhatIsFoundAndWhatIsRight(string text, string key, string message, string expected)
    {
        using var folder = new ComposeFolder($"services:\n  web:\n    image: nginx\n    ports: ['80']\n    x-release: {{{text}}}\n");
        var wrong = Should.Throw<InvalidInputException>(() => ComposeFile.Read(folder.Request));
        var diagnostic = wrong.Diagnostics.First(d => d.Key == $"services.web.x-release.{key}");
        diagnostic.Message.ShouldContain(message);
        diagnostic.Expected.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public void Keys_SeveralWrong_AreSaidTogether()
    {
        using var folder = new ComposeFolder("services: {web: {image: nginx, ports: ['80'], x-release: {balance: x, affinity: y, max-connections: z, retries: {attempts: 0, budget: 0}, breaker: {window: 0s}, health: {path: x, status: y}}}}");
        folder.Errors().Count.ShouldBe(8);
    }
}
