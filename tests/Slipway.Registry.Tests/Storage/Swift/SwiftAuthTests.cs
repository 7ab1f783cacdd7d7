using System.Net;
using Slipway.Registry.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.Swift;

[Collection(SwiftCollection.Name)]
public sealed class SwiftAuthTests(SwiftServer swift)
{
    SwiftOptions Options => swift.Options with { Prefix = $"tests/{Guid.NewGuid():N}" };

    [Fact]
    public async Task Check_AllIsRight_LeavesNothing()
    {
        using var store = new SwiftBlobStore(Options);
        await store.Check(default);
        var left = 0;
        await foreach (var _ in store.Objects.List("", groups: false, default)) left++;
        left.ShouldBe(0);
    }

    [Fact]
    public async Task Check_WrongPassword_SaysWhichSetting()
    {
        using var store = new SwiftBlobStore(Options with { Password = "wrong" });
        var error = await Should.ThrowAsync<IOException>(() => store.Check(default));
        error.Message.ShouldContain("'user', 'password'");
        error.Message.ShouldNotContain("wrong");
    }

    [Fact]
    public async Task Check_NoSuchContainer_SaysWhichSetting()
    {
        using var store = new SwiftBlobStore(Options with { Container = "none" });
        (await Should.ThrowAsync<IOException>(() => store.Check(default))).Message.ShouldContain("there is no container 'none'");
    }

    [Fact]
    public async Task Check_UserWithoutRights_SaysWhichAreNeeded()
    {
        using var store = new SwiftBlobStore(Options with { User = "test:stranger" });
        (await Should.ThrowAsync<IOException>(() => store.Check(default))).Message.ShouldContain("needs to read, write, list and delete");
    }

    [Fact]
    public async Task Check_NoTokensAtTheAddress_SaysWhichSetting()
    {
        using var store = new SwiftBlobStore(Options with { AuthUrl = new Uri(swift.AuthUrl, "/healthcheck") });
        (await Should.ThrowAsync<IOException>(() => store.Check(default))).Message.ShouldContain("'authUrl'");
    }

    [Fact]
    public async Task Token_Refused_IsRenewedOnce()
    {
        await using var proxy = await FaultProxy.Start(swift.AuthUrl);
        using var store = new SwiftBlobStore(Options with { AuthUrl = proxy.Address });
        await store.BlobLength("blobs/none", default);
        proxy.Refuse(401, 1);
        (await store.BlobLength("blobs/none", default)).ShouldBeNull();
        proxy.Requests.Count(IsAuth).ShouldBe(2);
        proxy.Refuse(401, int.MaxValue, request => !IsAuth(request));
        (await Should.ThrowAsync<IOException>(() => store.BlobLength("blobs/none", default))).Message.ShouldContain("so was a new one");
        proxy.Requests.Count(IsAuth).ShouldBe(3);
    }

    [Fact]
    public async Task Token_AskedForByManyAtOnce_IsAskedForOnce()
    {
        await using var proxy = await FaultProxy.Start(swift.AuthUrl);
        using var store = new SwiftBlobStore(Options with { AuthUrl = proxy.Address });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.BlobLength("blobs/none", default)));
        proxy.Requests.Count(IsAuth).ShouldBe(1);
    }

    [Fact]
    public void Errors_OfEverySetting_AreToldTogether()
    {
        var options = new SwiftOptions { AuthUrl = new Uri("http://keystone:5000/v3"), User = "u", Container = "a/b", Prefix = "/x", Interface = "other", Redirect = true };
        options.Errors().Select(error => error.Split(':')[0]).ShouldBe(["user", "project", "container", "prefix", "interface", "redirect"]);
        swift.Options.Errors().ShouldBeEmpty();
    }

    static bool IsAuth(ProxiedRequest request) => request.Target.StartsWith("/auth/", StringComparison.Ordinal);
}
