using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Slipway.Gateway.Policies;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class BasicAuthTests
{
    static string OpenSsl(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl") { RedirectStandardOutput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return text;
    }

    [Theory]
    [InlineData("Hello world!", "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.")]
    public void Sha512Crypt_VectorsOfItsSpecification_AreRight(string password, string hash)
    {
        Sha512Crypt.Verify(password, hash).ShouldBeTrue();
        Sha512Crypt.Verify(password + "x", hash).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("correct horse battery staple")]
    [InlineData("a password that is longer than the sixty-four bytes that one block of the hash gives out")]
    [InlineData("pässwörd")]
    public void Sha512Crypt_MadeByOpenSsl_IsVerified(string password)
    {
        var hash = OpenSsl("passwd", "-6", "-salt", "ab.c/D", password);
        PasswordHashes.IsKnown(hash).ShouldBeTrue(hash);
        Sha512Crypt.Verify(password, hash).ShouldBeTrue(hash);
        Sha512Crypt.Verify(password + "x", hash).ShouldBeFalse();
    }

    [Theory]
    [InlineData("$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/")]
    [InlineData("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")]
    [InlineData("secret")]
    [InlineData("$2y$31$5kKTeyWDsLWAvlGXvnPTBuiuvl1p2vPsWE8kkeU5Qm9L9aYlwaQQy")]
    [InlineData("$6$rounds=99999999$saltstring$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.")]
    public async Task Publish_HashThatIsWeakOrTooSlow_IsRefusedWithoutShowingIt(string hash)
    {
        await using var gateway = await Start();
        var policy = new RoutePolicy { BasicAuth = new BasicAuth { Realm = "shop", Users = new Dictionary<string, string> { ["alice"] = hash } } };
        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(Routes.To() with { Policy = policy }));
        refused.Message.ShouldContain("alice");
        refused.Message.ShouldNotContain(hash);
    }

    [Fact]
    public async Task BasicAuth_RightPasswords_AreLetIn()
    {
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await Start();
        var users = new Dictionary<string, string> { ["alice"] = BCrypt.Net.BCrypt.HashPassword("secret", 5), ["bob"] = OpenSsl("passwd", "-6", "b:ob") };
        await gateway.Publish(Routes.To(upstream) with { Policy = new RoutePolicy { BasicAuth = new BasicAuth { Realm = "staging", Users = users } } });
        using var client = gateway.Client();

        async Task<HttpResponseMessage> Ask(string? credentials, string scheme = "Basic")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            if (credentials is not null) request.Headers.Authorization = new AuthenticationHeaderValue(scheme, Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
            return await client.SendAsync(request, Cancel);
        }

        var nobody = await Ask(null);
        nobody.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        nobody.Headers.GetValues("WWW-Authenticate").ShouldBe(["Basic realm=\"staging\", charset=\"UTF-8\""]);
        foreach (var right in (string[])["alice:secret", "alice:secret", "bob:b:ob"]) (await Ask(right)).StatusCode.ShouldBe(HttpStatusCode.OK, right);
        foreach (var wrong in (string[])["alice:Secret", "alice:", "alice", ":secret", "bob:secret", "carol:secret", ""]) (await Ask(wrong)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, wrong);
        (await Ask("alice:secret", "Bearer")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nAuthorization: Basic %%%\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 401");
        await gateway.IsIdle("raw");
    }
}
