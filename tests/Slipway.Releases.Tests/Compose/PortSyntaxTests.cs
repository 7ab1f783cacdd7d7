using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class PortSyntaxTests
{
    [Theory]
    [InlineData("80", "*:80/tcp")]
    [InlineData("22:22", "22:22/tcp")]
    [InlineData("8080:80/udp", "8080:80/udp")]
    [InlineData("8080:80/TCP", "8080:80/tcp")]
    [InlineData("127.0.0.1:8001:8001", "127.0.0.1:8001:8001/tcp")]
    [InlineData("127.0.0.1::80", "127.0.0.1:*:80/tcp")]
    [InlineData("127.0.0.1:80", "127.0.0.1:*:80/tcp")]
    [InlineData("[::1]:80:81", "::1:80:81/tcp")]
    [InlineData("[::1]::81", "::1:*:81/tcp")]
    [InlineData("::1:80:81", "::1:80:81/tcp")]
    [InlineData("3000-3002", "*:3000/tcp,*:3001/tcp,*:3002/tcp")]
    [InlineData("9090-9091:8080-8081", "9090:8080/tcp,9091:8081/tcp")]
    [InlineData("6060:6060/sctp", "6060:6060/sctp")]
    public void TryParse_Port_GivesEach(string text, string expected)
    {
        PortSyntax.TryParse(text, out var ports, out _).ShouldBeTrue();
        string.Join(',', ports).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("99999:80")]
    [InlineData("80:99999")]
    [InlineData("80:")]
    [InlineData("abc")]
    [InlineData("-1:80")]
    [InlineData("80:80/http")]
    [InlineData("8000-9000:80")]
    [InlineData("9-8")]
    [InlineData("1-3:1-2")]
    [InlineData("1.2.3:80:80")]
    [InlineData("999.0.0.1:80:80")]
    [InlineData("[::g]:80:80")]
    [InlineData("1:2:3:4")]
    public void TryParse_BadPort_SaysWhy(string text)
    {
        PortSyntax.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void TryParse_WrittenModel_ComesBack() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 65535).ToArbitrary(), Gen.Choose(1, 65535).ToArbitrary(), Gen.Elements("", "127.0.0.1:", "[fe80::1]:").ToArbitrary(),
        (published, target, address) =>
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{address}{published}:{target}/udp");
            return PortSyntax.TryParse(text, out var ports, out _) && ports is [var port] && port.Published == published && port.Target == target
                && port.Protocol == "udp" && (port.HostAddress is null) == (address.Length == 0);
        }));

    [Fact]
    public void TryParse_AnyText_NeverThrows() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("1", "80", ":", "-", "/", "[", "]", ".", "udp", "::", " ", "x", "65536").ListOf().Select(parts => string.Concat(parts)).ToArbitrary(),
        text => PortSyntax.TryParse(text, out var ports, out var problem)
            ? ports.Count > 0 && ports.All(p => p.Target is > 0 and <= 65535 && p.Published is null or (> 0 and <= 65535))
            : problem is not null));
}
