using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Slipway.Registry.Storage.Azure;

namespace Slipway.Registry.Tests.Storage.Azure;

/// <summary>What is said of settings that are wrong, by themselves or by the service.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class AzureSettingsTests(Azurite azurite)
{
    AzureOptions Right => new() { Account = Azurite.Account, Key = Azurite.Key, Container = Azurite.Container, Endpoint = azurite.Service, Prefix = $"tests/{Guid.NewGuid():N}" };

    AzureOptions OnlySas => Right with { Account = null, Key = null };

    [Fact]
    public async Task Check_AllIsRight_LeavesNothing()
    {
        var options = Right;
        await new AzureBlobStore(options).Check(default);
        await foreach (var left in azurite.Client.GetBlobsAsync(prefix: options.Prefix)) left.Name.ShouldBeNull();
    }

    [Fact]
    public async Task Check_WithAConnectionString_IsRight() => await new AzureBlobStore(new AzureOptions
    {
        ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={Azurite.Account};AccountKey={Azurite.Key};BlobEndpoint={azurite.Service}", Container = Azurite.Container,
    }).Check(default);

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    public async Task Check_WithASasOfTheContainer_IsRight(string before) => await new AzureBlobStore(OnlySas with { Sas = before + Sign("rwdl", minutes: 5) }).Check(default);

    [Theory]
    [InlineData("rdl", "writing")]
    [InlineData("wdl", "reading")]
    [InlineData("rwd", "listing")]
    public async Task Check_SasMayNotDoAll_SaysWhichAndWhatItNeeds(string rights, string operation)
    {
        var message = await Refusal(OnlySas with { Sas = Sign(rights, minutes: 5) });
        message.ShouldContain($"{operation} ");
        message.ShouldContain("read, write, delete and list");
        message.ShouldNotContain("sig=");
    }

    [Fact]
    public async Task Check_SasHasExpired_SaysSo() => (await Refusal(OnlySas with { Sas = Sign("rwdl", minutes: -5) })).ShouldContain("expired");

    [Fact]
    public async Task Check_OtherKey_NamesTheKey()
    {
        var message = await Refusal(Right with { Key = Convert.ToBase64String(new byte[64]) });
        message.ShouldContain($"azure container {Azurite.Container} at {azurite.Service}");
        message.ShouldContain("'key'");
    }

    [Fact]
    public async Task Check_NoSuchContainer_NamesIt() => (await Refusal(Right with { Container = "missing" })).ShouldContain("no container 'missing'");

    [Fact]
    public void Errors_OfWhatIsRight_AreNone()
    {
        (Right with { Redirect = true }).Errors().ShouldBeEmpty();
        new AzureOptions { Account = "account", Key = Azurite.Key, Container = "images" }.Errors().ShouldBeEmpty();
        new AzureOptions { Account = "account", Sas = "sv=1&sig=2", Container = "images" }.Errors().ShouldBeEmpty();
    }

    [Fact]
    public void Errors_OfAllThatIsWrong_AreToldTogether()
    {
        Keys(new AzureOptions { Container = "Images" }).ShouldBe(["container", "key"]);
        Keys(new AzureOptions { Container = "a--b", Key = "%", Sas = "sv=1", Endpoint = new Uri("ftp://host/") }).ShouldBe(["container", "key", "key", "account", "sas", "endpoint"]);
        Keys(new AzureOptions { Container = "images", Sas = "sv=1&sig=2", Redirect = true }).ShouldBe(["account", "redirect"]);
        Keys(new AzureOptions { Container = "images", ConnectionString = "AccountName=x" }).ShouldBe(["connectionString"]);
    }

    [Fact]
    public void Place_TellsNoSecret()
    {
        Right.Place.ShouldStartWith($"azure container {Azurite.Container} at {azurite.Service}");
        new AzureOptions { ConnectionString = $"DefaultEndpointsProtocol=https;AccountName=account;AccountKey={Azurite.Key};EndpointSuffix=core.chinacloudapi.cn", Container = "images" }
            .Place.ShouldBe("azure container images at https://account.blob.core.chinacloudapi.cn");
    }

    static IEnumerable<string> Keys(AzureOptions options) => options.Errors().Select(error => error.Split(':')[0]);

    static async Task<string> Refusal(AzureOptions options) => (await Should.ThrowAsync<IOException>(() => new AzureBlobStore(options).Check(default))).Message;

    string Sign(string rights, int minutes)
    {
        var sas = new BlobSasBuilder { BlobContainerName = Azurite.Container, Resource = "c", StartsOn = DateTimeOffset.UtcNow.AddMinutes(-10), ExpiresOn = DateTimeOffset.UtcNow.AddMinutes(minutes) };
        sas.SetPermissions(rights);
        return azurite.Client.GenerateSasUri(sas).Query.TrimStart('?');
    }
}
