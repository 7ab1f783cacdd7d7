using System.Diagnostics;
using System.Net;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

public sealed class AccountTests : IAsyncLifetime
{
    AccessHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AccessHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("admin", AccessHost.Password, "name")]
    [InlineData("anonymous", AccessHost.Password, "name")]
    [InlineData("Alice", AccessHost.Password, "name")]
    [InlineData("a+b", AccessHost.Password, "name")]
    [InlineData("", AccessHost.Password, "name")]
    [InlineData("alice", "short", "password")]
    public async Task Add_BadInput_NamesTheKey(string name, string password, string key) =>
        (await Should.ThrowAsync<InvalidInputException>(() => _host.Accounts.Add(new AccountRequest { Name = name, Password = password }, Caller.Server, default))).Diagnostics.Single().Key.ShouldBe(key);

    [Fact]
    public async Task Add_Twice_IsAConflict()
    {
        await _host.User("alice");
        await Should.ThrowAsync<ConflictException>(() => _host.User("alice"));
    }

    [Fact]
    public async Task Passwords_AreNeitherInTheDatabaseNorInTheLog()
    {
        await _host.User("alice");
        var database = _host.Registry.Services.GetRequiredService<Database.Database>();
        var secrets = database.Read(connection => connection.Query<string>("SELECT secret FROM registry_accounts").ToList());
        secrets.Single().ShouldStartWith("pbkdf2-sha512:210000:");
        database.Read(connection => connection.Query<string>("SELECT coalesce(detail, '') FROM registry_events").ToList()).ShouldAllBe(detail => !detail.Contains(AccessHost.Password));
    }

    [Fact]
    public async Task Administrator_MayDoEverything()
    {
        await _host.Accounts.Add(new AccountRequest { Name = "root", Password = AccessHost.Password, Admin = true }, Caller.Server, default);
        await _host.As("root").PushImage("any/where", "v1");
    }

    [Fact]
    public async Task WrongPasswords_TooMany_Are429_UntilAMinuteHasPassed_ForThatAccountAlone()
    {
        await _host.User("alice");
        await _host.User("bob");
        for (var i = 0; i < 10; i++) (await _host.As("alice", $"guess number {i}").GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var held = await _host.As("alice").GetAsync("/v2/");
        await held.ShouldBeRefused(429, "TOOMANYREQUESTS");
        int.Parse(held.Header("Retry-After")!).ShouldBeInRange(1, 60);
        (await _host.As("bob").GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);

        _host.Registry.Time.Ahead = TimeSpan.FromSeconds(61);
        (await _host.As("alice").GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Audit_HoldsChangesOfRights_Refusals_AndPullsOfPrivateImages()
    {
        var alice = await _host.User("alice", ("shop", ProjectRole.Viewer));
        await _host.Admin.PushImage("shop/web", "v1");
        await _host.Projects.Set("free", true, Caller.Server, default);
        await _host.Admin.PushImage("free/web", "v1");
        for (var i = 0; i < 3; i++) await alice.GetAsync("/v2/shop/web/manifests/v1");
        await _host.Anonymous.GetAsync("/v2/free/web/manifests/v1");
        await _host.As("alice", "a wrong password").GetAsync("/v2/");

        await Until(() => Find("alice", "pull").Any() && Find("alice", "login").Any());

        Find("slipway", "create").ShouldContain(one => one.Target == "account" && one.Detail == "alice");
        Find("slipway", "change").ShouldContain(one => one.Target == "member" && one.Detail == "alice is viewer of shop");
        Find("admin", "push").ShouldContain(one => one.Target == "manifest" && one.Repository == "shop/web" && one.Tag == "v1" && one.Address == "127.0.0.1");
        Find("alice", "pull").Sum(one => one.Detail is null ? 1 : int.Parse(one.Detail.Split(' ')[0])).ShouldBe(3);
        Find("anonymous", "pull").ShouldBeEmpty();
        _host.Audit.Find(new AuditQuery { Project = "shop" }).ShouldAllBe(one => one.Repository!.StartsWith("shop"));
    }

    [Fact]
    public async Task Audit_InPages_IsTheWhole()
    {
        for (var i = 0; i < 7; i++) await _host.User($"user{i}");
        var (all, before) = (new List<RegistryEvent>(), (long?)null);
        while (_host.Audit.Find(new AuditQuery { Action = "create", Limit = 3, Before = before }) is { Count: > 0 } page)
        {
            all.AddRange(page);
            before = page[^1].Id;
        }
        all.Select(one => one.Detail).ShouldBe(Enumerable.Range(0, 7).Reverse().Select(i => $"user{i}"));
        _host.Audit.Find(new AuditQuery { After = all[1].Id }).Select(one => one.Detail).ShouldBe(["user6"]);
    }

    [Fact]
    public async Task Shutdown_WritesDownThePullsOfTheLastMoment()
    {
        await _host.Admin.PushImage("shop/web", "v1");
        await _host.Admin.GetAsync("/v2/shop/web/manifests/v1");
        await _host.Registry.Restart();
        Find("admin", "pull").ShouldHaveSingleItem();
    }

    IReadOnlyList<RegistryEvent> Find(string actor, string action) => _host.Audit.Find(new AuditQuery { Actor = actor, Action = action });

    static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), "never came true");
            await Task.Delay(10);
        }
    }
}
