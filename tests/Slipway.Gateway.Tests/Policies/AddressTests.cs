using System.Net;
using System.Numerics;
using Slipway.Gateway.Policies;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("2001:db8::/32", true)]
    [InlineData("::1", true)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("10.0.0.1/8", false)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("10", false)]
    [InlineData("10.0/8", false)]
    [InlineData("010.0.0.0/8", false)]
    [InlineData("fe80::1%eth0", false)]
    [InlineData("::ffff:10.0.0.0/104", false)]
    [InlineData("", false)]
    [InlineData("shop.test", false)]
    public void Cidr_Text_IsANetworkOrNot(string text, bool expected) => Cidr.TryParse(text, out _).ShouldBe(expected);

    /// <summary>By arithmetic on whole numbers: an address is in a network where both agree in the prefix's bits.</summary>
    [Fact]
    public void Contain_RandomAddresses_AgreesWithArithmetic()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var length = random.Next(2) == 0 ? 4 : 16;
            var (one, other) = (new byte[length], new byte[length]);
            random.NextBytes(one);
            random.NextBytes(other);
            // Mostly near each other: addresses at random agree in nothing.
            one.AsSpan(0, random.Next(length + 1)).CopyTo(other);
            var prefix = random.Next(length * 8 + 1);
            var mask = (BigInteger.One << (length * 8)) - (BigInteger.One << (length * 8 - prefix));
            var (a, b) = (new BigInteger(one, isUnsigned: true, isBigEndian: true), new BigInteger(other, isUnsigned: true, isBigEndian: true));
            var start = (a & mask).ToByteArray(isUnsigned: true, isBigEndian: true);
            var network = new byte[length];
            start.CopyTo(network.AsSpan(length - start.Length));
            var text = $"{new IPAddress(network)}/{prefix}";
            if (new IPAddress(network).IsIPv4MappedToIPv6) continue;
            Networks.Parse([text]).Contain(new IPAddress(other)).ShouldBe((a & mask) == (b & mask), $"{new IPAddress(other)} in {text}");
        }
    }

    [Theory]
    [InlineData("9.9.9.9", "9.9.9.9")]
    [InlineData("1.1.1.1, 9.9.9.9", "9.9.9.9")]
    [InlineData("1.1.1.1, 9.9.9.9, 10.0.0.2", "9.9.9.9")]
    [InlineData("1.1.1.1|9.9.9.9,10.0.0.2", "9.9.9.9")]
    [InlineData("9.9.9.9:4711, 10.0.0.2:80", "9.9.9.9")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("::ffff:9.9.9.9", "9.9.9.9")]
    [InlineData("9.9.9.9, nonsense, 10.0.0.2", "10.0.0.2")]
    [InlineData("", "10.0.0.1")]
    [InlineData("10.0.0.3, 10.0.0.2", "10.0.0.3")]
    public void ClientOf_ForwardedFor_IsTheLastThatNobodyInvented(string header, string expected) =>
        new TrustedProxies(Networks.Parse(["10.0.0.0/8"])).ClientOf(IPAddress.Parse("10.0.0.1"), header.Split('|')).ShouldBe(IPAddress.Parse(expected));

    [Theory]
    [InlineData("127.0.0.0/8", "", 200)]
    [InlineData("10.0.0.0/8", "", 403)]
    [InlineData("", "127.0.0.1", 403)]
    [InlineData("127.0.0.0/8", "127.0.0.1", 403)]
    [InlineData("", "10.0.0.0/8", 200)]
    public async Task Addresses_AllowAndDeny_DecideWhoMayAsk(string allow, string deny, int expected)
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { Addresses = new AddressRules { Allow = allow.Length == 0 ? [] : [allow], Deny = deny.Length == 0 ? [] : [deny] } } });

        ((int)(await gateway.Client().GetAsync("/", Cancel)).StatusCode).ShouldBe(expected);
        ((int)(await gateway.Client(version: HttpVersion.Version20).GetAsync("/", Cancel)).StatusCode).ShouldBe(expected);
        await gateway.IsIdle("one");
    }
}
