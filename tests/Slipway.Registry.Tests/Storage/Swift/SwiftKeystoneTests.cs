using Slipway.Registry.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.Swift;

/// <summary>One test for all of it: Keystone takes several seconds to begin.</summary>
[Collection(SwiftCollection.Name)]
public sealed class SwiftKeystoneTests(SwiftServer swift)
{
    [Fact]
    public async Task Keystone_PasswordAndApplicationCredential_AreTakenAndWhatIsWrongIsSaid()
    {
        await using var keystone = await Keystone.Start(swift);

        await Check(keystone.Options);
        await Check(keystone.Options with { UserDomain = "Default", ProjectDomain = "Default", Region = null, Interface = "internal" });
        var (id, secret) = await keystone.MakeApplicationCredential();
        var application = keystone.Options with { User = null, Password = null, Project = null, ApplicationCredentialId = id, ApplicationCredentialSecret = secret };
        application.Errors().ShouldBeEmpty();
        await Check(application);

        (await Refusal(application with { ApplicationCredentialSecret = "wrong" })).ShouldContain("'applicationCredentialId' and 'applicationCredentialSecret'");
        (await Refusal(keystone.Options with { Project = "none" })).ShouldContain("'project'");
        (await Refusal(keystone.Options with { Region = "west" })).ShouldContain("north public, north internal");
        (await Refusal(keystone.Options with { Interface = "admin" })).ShouldContain("no admin address");
    }

    static async Task Check(SwiftOptions options)
    {
        using var store = new SwiftBlobStore(options);
        await store.Check(default);
    }

    static async Task<string> Refusal(SwiftOptions options) => (await Should.ThrowAsync<IOException>(() => Check(options))).Message;
}
