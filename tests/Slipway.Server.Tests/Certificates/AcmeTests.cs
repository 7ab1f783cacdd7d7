using Slipway.Contracts;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Certificates;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Tests.Certificates;

/// <summary>Certificates from a real authority, which looks at the hosts over a real gateway.</summary>
public sealed class AcmeTests : IAsyncLifetime
{
    readonly SteppedTime _time = new();
    GatewayHome _home = null!;
    KeeperWorld _world = null!;
    Pebble _pebble = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _home = await GatewayHome.Start();
        _pebble = await Pebble.Start(_home.Http.Port, _home.Https.Port);
        _world = new KeeperWorld(_home, _time);
        await _world.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _pebble.DisposeAsync();
        await _home.DisposeAsync();
    }

    AcmeRequest Request => new() { Directory = _pebble.DirectoryUrl, Email = "ops@example.com", Roots = _pebble.OwnRoot, AgreesToTerms = true };

    Task<AcmeStatus> Set() => _world.Settings.Set(Request, Caller.Server, Cancel);

    static Route Make(string host) => new() { App = AppName.Parse("shop"), Service = host.Split('.')[0], Hosts = [host] };

    CertificateStatus Ordered(string host) => _world.Certificates.List().Single(one => one.Source == "acme" && one.Name == host);

    [Fact]
    public async Task Hosts_AreServedWithCertificatesOfTheAuthority_AfterItHasLooked()
    {
        var status = await Set();
        status.Account.ShouldStartWith($"https://127.0.0.1:{_pebble.Port}/");

        // Where http is redirected, the authority is answered all the same.
        await _world.Publish(Make("shop.test"), Make("blog.test") with { Https = new HttpsPolicy { Mode = HttpsMode.Redirect } });

        var root = await _pebble.Root();
        await _world.Served("shop.test", root);
        await _world.Served("blog.test", root);
        Ordered("shop.test").ShouldSatisfyAllConditions(one => one.Hosts.ShouldBe(["shop.test"]), one => one.Problem.ShouldBeNull(), one => one.NotAfter.ShouldNotBeNull());
        await Eventually.Is(() => _world.Certificates.List().All(one => one.Source == "acme") && _world.Acme.Open.Http.Count == 0);
    }

    [Fact]
    public async Task Host_WhoseNameLeadsElsewhere_SaysSo_AndIsServedWithTheOwnMeanwhile()
    {
        await _pebble.Lead("shop.test", "127.0.0.2");
        await Set();
        await _world.Publish(Make("shop.test"), Make("blog.test"));

        await _world.Served("blog.test", await _pebble.Root());
        await Eventually.Is(() => _world.Certificates.List().Any(one => one is { Source: "acme", Name: "shop.test" }));
        var failed = Ordered("shop.test");
        failed.Problem!.ShouldStartWith("The authority can't reach http://shop.test/. Does the name lead to this gateway");
        failed.Problem.ShouldContain("The next try is at");
        failed.NotAfter.ShouldBeNull();
        await _world.Served("shop.test", await _world.Root());

        await _pebble.Lead("shop.test", "127.0.0.1");
        await Set();
        await _world.Served("shop.test", await _pebble.Root());
        Ordered("shop.test").Problem.ShouldBeNull();
    }

    [Fact]
    public async Task Failure_IsTriedAgainWhenItsTimeHasCome()
    {
        await _pebble.Lead("shop.test", "127.0.0.2");
        await Set();
        await _world.Publish(Make("shop.test"));
        await Eventually.Is(() => _world.Certificates.List().Any(one => one.Source == "acme"));
        await _pebble.Lead("shop.test", "127.0.0.1");

        _time.Now = DateTimeOffset.UtcNow.AddMinutes(6);
        _world.Bell.Ring();

        await _world.Served("shop.test", await _pebble.Root());
    }

    [Fact]
    public async Task Certificate_AtTwoThirdsOfItsLife_IsRenewed()
    {
        await Set();
        await _world.Publish(Make("shop.test"));
        var root = await _pebble.Root();
        var first = await _world.Served("shop.test", root);

        var (begin, end) = (new DateTimeOffset(first.NotBefore), new DateTimeOffset(first.NotAfter));
        _time.Now = begin + ((end - begin) * 0.7);
        _world.Bell.Ring();

        await Eventually.Is(async () => (await _world.Served("shop.test", root)).SerialNumber != first.SerialNumber);
        _world.Certificates.List().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Hosts_ThatAreNotTheAuthoritys_AreNotOrdered()
    {
        await Set();
        await _world.Publish(Make("shop.localhost"), Make("intern.test") with { Https = new HttpsPolicy { OwnCertificate = true } }, Make("preview.shop.test") with { IsPreview = true }, Make("shop.test"));

        await _world.Served("shop.test", await _pebble.Root());

        await Eventually.Is(() => _world.Certificates.List().Count == 4);
        _world.Certificates.List().Select(one => $"{one.Source} {one.Name}").ShouldBe(["acme shop.test", "own intern.test", "own preview.shop.test", "own shop.localhost"]);
    }

    [Fact]
    public async Task Authority_ThatIsGone_FailsEveryHostAtOnce_AndRemoveForgetsThem()
    {
        await Set();
        await _pebble.Stop();
        await _world.Publish(Make("shop.test"), Make("blog.test"));

        await Eventually.Is(() => _world.Certificates.List().Count(one => one.Source == "acme") == 2);
        _world.Certificates.List().Where(one => one.Source == "acme").ShouldAllBe(one => one.Problem!.StartsWith($"The authority at 127.0.0.1:{_pebble.Port} can't be reached"));

        await _world.Settings.Remove(Caller.Server, Cancel);
        _world.Certificates.List().ShouldAllBe(one => one.Source == "own");
        Should.Throw<NotFoundException>(_world.Settings.Find);
    }

    [Fact]
    public async Task Set_WhatCantBe_IsSaid_AndNothingIsStored()
    {
        async Task<string[]> Wrong(AcmeRequest request) =>
            [.. (await Should.ThrowAsync<InvalidInputException>(() => _world.Settings.Set(request, Caller.Server, Cancel))).Diagnostics.Select(one => $"{one.Key}: {one.Message}")];

        (await Wrong(Request with { Directory = "http://127.0.0.1/dir", Email = "no address", Roots = "no pem", AgreesToTerms = false })).Select(one => one.Split(':')[0])
            .ShouldBe(["directory", "email", "roots", "agreesToTerms"]);
        (await Wrong(Request with { Roots = null })).Single().ShouldContain("its certificate is not trusted; --roots FILE names its root");
        (await Wrong(Request with { Directory = $"https://127.0.0.1:{_pebble.Port}/nothing" })).Single().ShouldContain("is no directory of an ACME authority");
        (await Wrong(Request with { Email = "ops@example.com\"" })).Single().ShouldContain("directory: ");
        Should.Throw<NotFoundException>(_world.Settings.Find);
    }

    [Fact]
    public async Task Account_SetTwice_IsTheSame_AndItsKeyIsSealed()
    {
        var (first, second) = (await Set(), await Set());

        second.Account.ShouldBe(first.Account);
        var row = _world.Database.Read(AcmeRow.Find)!;
        System.Text.Encoding.Latin1.GetString(row.Secret).ShouldNotContain("PRIVATE");
        row.Key(_world.Box).Thumbprint.ShouldNotBeNullOrEmpty();
    }
}
