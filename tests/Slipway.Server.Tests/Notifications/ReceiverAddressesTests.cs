using System.Net;
using Slipway.Contracts;
using Slipway.Delivery;

namespace Slipway.Server.Tests.Notifications;

public sealed class ReceiverAddressesTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", false)]
    [InlineData("http://2852039166/", false)]
    [InlineData("http://0xa9.0xfe.0xa9.0xfe/", false)]
    [InlineData("http://[::ffff:169.254.169.254]/", false)]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/", false)]
    [InlineData("http://[fe80::1]/", false)]
    [InlineData("http://[fd00:ec2::254]/", false)]
    [InlineData("http://100.100.100.200/", false)]
    [InlineData("http://0.0.0.0/", false)]
    [InlineData("http://224.0.0.1/", false)]
    [InlineData("http://127.0.0.1:9000/", true)]
    [InlineData("http://10.0.0.7/", true)]
    [InlineData("https://[fd00::7]/", true)]
    [InlineData("https://hooks.example.com/", true)]
    public void Check_LinkLocalAndMetadata_AreRefused(string url, bool taken)
    {
        var wrong = ReceiverAddresses.Check(url, []);
        (wrong is null).ShouldBe(taken);
        if (!taken) wrong!.Message.ShouldContain("webhooks.allow");
    }

    [Fact]
    public void Check_Allowed_IsTaken() => ReceiverAddresses.Check("http://169.254.10.7/", [IPNetwork.Parse("169.254.10.0/24")]).ShouldBeNull();

    [Theory]
    [InlineData("ftp://x.example")]
    [InlineData("/relative")]
    [InlineData("https://user:secret@x.example")]
    public void Check_NoUrlToPostTo_IsNamed(string url) => ReceiverAddresses.Check(url, []).ShouldNotBeNull().ToString().ShouldNotContain("secret");

    [Fact]
    public async Task Send_NameThatLeadsToMetadata_IsNotConnectedTo()
    {
        await using var receiver = await Receiver.Start();
        var port = new Uri(receiver.Url).Port;
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("169.254.169.254")]));

        var trial = await sender.Send($"http://innocent.example:{port}/events", Signature.NewSecret(), "1", [1], "text/plain", Cancel);

        trial.Accepted.ShouldBeFalse();
        trial.Error.ShouldNotBeNull().ShouldContain("innocent.example is 169.254.169.254, which is a link-local");
    }

    [Fact]
    public async Task Send_NameThatHasOneOpenAddress_IsConnectedToThatOne()
    {
        await using var receiver = await Receiver.Start();
        var port = new Uri(receiver.Url).Port;
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("169.254.169.254"), IPAddress.Loopback]));

        (await sender.Send($"http://mixed.example:{port}/events", Signature.NewSecret(), "1", [1], "text/plain", Cancel)).Accepted.ShouldBeTrue();
    }

    [Fact]
    public async Task Send_Redirect_IsNotFollowed()
    {
        await using var receiver = await Receiver.Start();
        receiver.Answer = 302;
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System);

        (await sender.Send(receiver.Url, Signature.NewSecret(), "1", [1], "text/plain", Cancel)).Error.ShouldNotBeNull().ShouldContain("302");
        receiver.Deliveries.Count.ShouldBe(1);
    }
}
