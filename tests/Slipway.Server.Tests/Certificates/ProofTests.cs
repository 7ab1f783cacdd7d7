using System.Security.Cryptography.X509Certificates;
using Slipway.Contracts;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Tests.Certificates;

/// <summary>A real authority that looks at hosts in other ways than over http, and one that wants an account first.</summary>
public sealed class ProofTests : IAsyncLifetime
{
    readonly SteppedTime _time = new();
    GatewayHome _home = null!;
    KeeperWorld _world = null!;
    Pebble _pebble = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    AcmeRequest Request => new() { Directory = _pebble.DirectoryUrl, Roots = _pebble.OwnRoot, AgreesToTerms = true };

    string Calls => Path.Combine(_home.Data.Hooks, "calls");

    public async ValueTask InitializeAsync()
    {
        _home = await GatewayHome.Start();
        // Nobody answers on the port for http.
        _pebble = await Pebble.Start(1, _home.Https.Port);
        _world = new KeeperWorld(_home, _time);
        await _world.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _pebble.DisposeAsync();
        await _home.DisposeAsync();
    }

    static Route Make(string host) => new() { App = AppName.Parse("shop"), Service = "web" + host.Length, Hosts = [host] };

    void Install(string name, string program, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
    {
        Directory.CreateDirectory(_home.Data.Hooks);
        File.WriteAllText(Path.Combine(_home.Data.Hooks, name), program);
        File.SetUnixFileMode(Path.Combine(_home.Data.Hooks, name), mode);
    }

    [Fact]
    public async Task Handshake_ShowsThatTheHostIsOurs_WhileOthersAreServedOn()
    {
        await _world.Publish(Make("shop.test"), Make("blog.localhost"));
        await _world.Served("blog.localhost", await _world.Root());

        await _world.Settings.Set(Request with { Challenge = AcmeChallengeKind.TlsAlpn }, Caller.Server, Cancel);

        await _world.Served("shop.test", await _pebble.Root());
        await _world.Served("blog.localhost", await _world.Root());
        await Eventually.Is(() => _world.Acme.Open.Handshakes.Count == 0);
    }

    [Fact]
    public async Task Handshake_WhoseNameLeadsElsewhere_SaysSo()
    {
        await _pebble.Lead("shop.test", "127.0.0.2");
        await _world.Settings.Set(Request with { Challenge = AcmeChallengeKind.TlsAlpn }, Caller.Server, Cancel);
        await _world.Publish(Make("shop.test"));

        await Eventually.Is(() => _world.Certificates.List().Any(one => one.Source == "acme"));

        _world.Certificates.List().Single(one => one.Source == "acme").Problem!.ShouldStartWith("The authority asked https://shop.test/ and this gateway did not answer. Does the name lead here");
    }

    [Fact]
    public async Task Dns_GivesWildcards_WhichStandForTheHostsBelow_AndLeavesNoRecord()
    {
        Install("dns.sh", _pebble.DnsProgram);
        await _world.Settings.Set(Request with { Challenge = AcmeChallengeKind.Dns, DnsHook = "dns.sh", DnsWait = TimeSpan.Zero }, Caller.Server, Cancel);

        await _world.Publish(Make("*.shop.test"), Make("a.shop.test"), Make("shop.test"));

        var root = await _pebble.Root();
        var wildcard = await _world.Served("b.shop.test", root);
        (await _world.Served("a.shop.test", root)).SerialNumber.ShouldBe(wildcard.SerialNumber);
        (await _world.Served("shop.test", root)).SerialNumber.ShouldNotBe(wildcard.SerialNumber);
        _world.Certificates.List().Select(one => $"{one.Source} {one.Name}").ShouldBe(["acme *.shop.test", "acme shop.test"]);
        await Eventually.Is(() => File.ReadAllLines(Calls).Length == 4);
        File.ReadAllLines(Calls).ShouldBe(["present _acme-challenge.shop.test.", "cleanup _acme-challenge.shop.test.", "present _acme-challenge.shop.test.", "cleanup _acme-challenge.shop.test."]);
    }

    [Fact]
    public async Task Dns_ProgramThatFails_IsToldWithItsWords_AndTheHostIsServedWithTheOwnMeanwhile()
    {
        Install("dns.sh", "#!/bin/sh\nif [ $1 = present ]; then echo 'zone test is locked' >&2; exit 3; fi\n");
        await _world.Settings.Set(Request with { Challenge = AcmeChallengeKind.Dns, DnsHook = "dns.sh", DnsWait = TimeSpan.Zero }, Caller.Server, Cancel);
        await _world.Publish(Make("shop.test"));

        await Eventually.Is(() => _world.Certificates.List().Any(one => one.Source == "acme"));

        _world.Certificates.List().Single(one => one.Source == "acme").Problem!.ShouldStartWith("dns.sh present _acme-challenge.shop.test. ended with 3: zone test is locked. The next try is at");
        await _world.Served("shop.test", await _world.Root());
    }

    [Fact]
    public async Task Dns_RecordThatIsNotThere_SaysWhatToLookAt()
    {
        Install("dns.sh", "#!/bin/sh\nexit 0\n");
        await _world.Settings.Set(Request with { Challenge = AcmeChallengeKind.Dns, DnsHook = "dns.sh", DnsWait = TimeSpan.Zero }, Caller.Server, Cancel);
        await _world.Publish(Make("shop.test"));

        await Eventually.Is(() => _world.Certificates.List().Any(one => one.Source == "acme"));

        _world.Certificates.List().Single(one => one.Source == "acme").Problem!.ShouldStartWith("The authority does not find the record that dns.sh made for _acme-challenge.shop.test.");
    }

    [Fact]
    public async Task Set_ProgramsThatCantBe_AreRefused_AndNothingIsStored()
    {
        Install("locked.sh", "#!/bin/sh\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Install("open.sh", "#!/bin/sh\n", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        async Task<string> Wrong(AcmeRequest request) =>
            string.Join("; ", (await Should.ThrowAsync<InvalidInputException>(() => _world.Settings.Set(request, Caller.Server, Cancel))).Diagnostics.Select(one => $"{one.Key}: {one.Message}"));

        var dns = Request with { Challenge = AcmeChallengeKind.Dns };
        (await Wrong(dns)).ShouldBe("dnsHook: The challenge dns needs a program that makes records");
        (await Wrong(dns with { DnsHook = "none.sh" })).ShouldStartWith("dnsHook: there is no file ");
        (await Wrong(dns with { DnsHook = "../admin.token" })).ShouldBe("dnsHook: it is no name of a file");
        (await Wrong(dns with { DnsHook = "locked.sh" })).ShouldEndWith("locked.sh is not executable");
        (await Wrong(dns with { DnsHook = "open.sh", DnsWait = TimeSpan.FromDays(1) })).ShouldEndWith("open.sh can be changed by other users; dnsWait: It is no time that the DNS needs");
        (await Wrong(Request with { DnsHook = "locked.sh", AccountId = "me" })).ShouldBe("dnsHook: It belongs to the challenge dns; accountId: An account of the authority's has an identifier and a key");
        Should.Throw<NotFoundException>(_world.Settings.Find);
    }

    [Fact]
    public async Task Account_ThatTheAuthorityAsksFor_IsBoundTo_AndWithoutItOneIsToldSo()
    {
        const string Key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
        await using var strict = await Pebble.Start(1, _home.Https.Port, new Dictionary<string, string> { ["kid-1"] = Key });
        var request = new AcmeRequest { Directory = strict.DirectoryUrl, Roots = strict.OwnRoot, AgreesToTerms = true, Challenge = AcmeChallengeKind.TlsAlpn };

        var without = await Should.ThrowAsync<InvalidInputException>(() => _world.Settings.Set(request, Caller.Server, Cancel));
        await Should.ThrowAsync<InvalidInputException>(() => _world.Settings.Set(request with { AccountId = "kid-1", AccountKey = Key[4..] }, Caller.Server, Cancel));
        var status = await _world.Settings.Set(request with { AccountId = "kid-1", AccountKey = Key }, Caller.Server, Cancel);
        await _world.Publish(Make("shop.test"));

        without.Diagnostics.Single().Message.ShouldContain("--account-id and --account-key");
        status.AccountId.ShouldBe("kid-1");
        await _world.Served("shop.test", await strict.Root());
    }
}
