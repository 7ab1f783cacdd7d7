using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

/// <summary>distribution, "Token Authentication Specification", "... Implementation", "OAuth2 Token Authentication".</summary>
public sealed class TokenTests : IAsyncLifetime
{
    AccessHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AccessHost.Start();
        await _host.Admin.PushImage("shop/web", "v1");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Challenge_NamesRealmServiceAndScope()
    {
        var challenge = (await _host.Anonymous.GetAsync("/v2/shop/web/manifests/v1")).Headers.WwwAuthenticate.Single();
        challenge.Scheme.ShouldBe("Bearer");
        challenge.Parameter.ShouldBe($"realm=\"{_host.Registry.Client.BaseAddress!.ToString().TrimEnd('/')}/v2/token\",service=\"slipway-registry\",scope=\"repository:shop/web:pull\"");
        (await _host.Anonymous.Send("POST", "/v2/shop/web/blobs/uploads/")).Headers.WwwAuthenticate.Single().Parameter!.ShouldContain("scope=\"repository:shop/web:pull,push\"");
    }

    [Fact]
    public async Task Challenge_BehindAProxyOfThisMachine_NamesWhatTheClientHasUsed()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "registry.example.com");
        (await _host.Anonymous.SendAsync(request)).Headers.WwwAuthenticate.Single().Parameter!.ShouldContain("realm=\"https://registry.example.com/v2/token\"");
    }

    [Fact]
    public async Task Get_AnswersWithWhatMayBeDone_OfWhatWasAsked()
    {
        var viewer = await _host.User("alice", ("shop", ProjectRole.Viewer));
        var answer = await AccessHost.Token(viewer, "repository:shop/web:pull,push", "repository:other/x:pull");
        answer.GetProperty("expires_in").GetInt32().ShouldBe(300);
        answer.GetProperty("token").GetString().ShouldBe(answer.GetProperty("access_token").GetString());
        var claims = Payload(answer.GetProperty("token").GetString()!);
        claims.GetProperty("sub").GetString().ShouldBe("alice");
        claims.GetProperty("aud").GetString().ShouldBe("slipway-registry");
        claims.GetProperty("access").GetRawText().ShouldBe("""[{"type":"repository","name":"shop/web","actions":["pull"]},{"type":"repository","name":"other/x","actions":[]}]""");

        var client = _host.With(answer.GetProperty("token").GetString()!);
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        // Asked for and not granted: no other token would help.
        (await client.Send("POST", "/v2/shop/web/blobs/uploads/")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        // Not asked for: another token may.
        var wider = await client.GetAsync("/v2/shop/api/manifests/v1");
        wider.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        wider.Headers.WwwAuthenticate.Single().Parameter!.ShouldContain("error=\"insufficient_scope\"");
    }

    [Fact]
    public async Task Get_WrongPassword_Is401_AndWithoutOne_IsAnonymous()
    {
        await _host.User("alice");
        (await _host.As("alice", "wrong").GetAsync("/v2/token")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _host.As("nobody", "wrong").GetAsync("/v2/token")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        Payload((await AccessHost.Token(_host.Anonymous, "repository:shop/web:pull")).GetProperty("token").GetString()!).GetProperty("access")[0].GetProperty("actions").GetArrayLength().ShouldBe(0);
        await _host.Projects.Set("shop", true, Caller.Server, default);
        (await (await _host.WithToken(_host.Anonymous, "repository:shop/web:pull")).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("?service=another")]
    [InlineData("?scope=repository")]
    [InlineData("?scope=repository:shop/web")]
    [InlineData("?scope=:shop/web:pull")]
    [InlineData("?scope=repository:shop/web:PULL")]
    public async Task Get_BadRequest_Is400(string query) => await (await _host.Admin.GetAsync("/v2/token" + query)).ShouldBeRefused(400, "UNSUPPORTED");

    [Fact]
    public async Task Post_PasswordThenRefreshToken()
    {
        await _host.User("alice", ("shop", ProjectRole.Developer));
        var first = await Post(("grant_type", "password"), ("service", "slipway-registry"), ("client_id", "docker"), ("username", "alice"), ("password", AccessHost.Password), ("access_type", "offline"), ("scope", "repository:shop/web:pull"));
        var refresh = first.GetProperty("refresh_token").GetString()!;

        var second = await Post(("grant_type", "refresh_token"), ("service", "slipway-registry"), ("refresh_token", refresh), ("scope", "repository:shop/web:pull repository:shop/api:push"));
        (await _host.With(second.GetProperty("access_token").GetString()!).Send("POST", "/v2/shop/api/blobs/uploads/")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        // A refresh token is no access token.
        (await _host.With(refresh).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        await _host.Accounts.Change("alice", new AccountChange { Disabled = true }, Caller.Server, default);
        (await PostRaw(("grant_type", "refresh_token"), ("refresh_token", refresh))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Post_InChunks_AsSkopeoSendsIt()
    {
        await _host.User("alice", ("shop", ProjectRole.Viewer));
        var form = new StreamContent(new Unsized(Encoding.UTF8.GetBytes($"grant_type=password&username=alice&password={Uri.EscapeDataString(AccessHost.Password)}")));
        form.Headers.ContentType = new("application/x-www-form-urlencoded");
        (await _host.Anonymous.PostAsync("/v2/token", form)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var endless = new StreamContent(new Unsized(new byte[100_000]));
        endless.Headers.ContentType = new("application/x-www-form-urlencoded");
        await (await _host.Anonymous.PostAsync("/v2/token", endless)).ShouldBeRefused(400, "UNSUPPORTED");
    }

    sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    [Fact]
    public async Task Post_WrongGrant_Is400() => await (await PostRaw(("grant_type", "magic"))).ShouldBeRefused(400, "UNSUPPORTED");

    [Fact]
    public async Task Token_OfADisabledOrChangedAccount_IsRefusedAtOnce()
    {
        var alice = await _host.User("alice", ("shop", ProjectRole.Viewer));
        var client = await _host.WithToken(alice, "repository:shop/web:pull");
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _host.Accounts.Change("alice", new AccountChange { Password = "another good one" }, Caller.Server, default);
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await alice.GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Token_OfAnAccountWhoseRoleIsGone_DoesNotWorkAnyMore()
    {
        var client = await _host.WithToken(await _host.User("alice", ("shop", ProjectRole.Developer)), "repository:shop/web:pull,push");
        await _host.Projects.SetMember("shop", "alice", ProjectRole.Viewer, Caller.Server, default);
        (await client.GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.Send("POST", "/v2/shop/web/blobs/uploads/")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(-10, 401)]
    [InlineData(-2, 401)]
    [InlineData(0, 200)]
    [InlineData(5, 200)]
    [InlineData(7, 401)]
    public async Task Token_ClocksDiffer_OneMinuteIsForgiven(int minutesLater, int status)
    {
        var token = (await AccessHost.Token(_host.Admin, "repository:shop/web:pull")).GetProperty("token").GetString()!;
        _host.Registry.Time.Ahead = TimeSpan.FromMinutes(minutesLater);
        ((int)(await _host.With(token).GetAsync("/v2/shop/web/manifests/v1")).StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Token_Tampered_IsRefused_WhateverWasChanged()
    {
        var token = (await AccessHost.Token(_host.Admin, "repository:shop/web:pull")).GetProperty("token").GetString()!;
        (await _host.With(token).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var parts = token.Split('.');
        string[] forged =
        [
            // Other rights under the old signature; no signature; alg none; another key; a key that is text known to everybody.
            $"{parts[0]}.{Encode(Decode(parts[1]).Replace("pull", "push"))}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.",
            $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.",
            Signed(parts[0], parts[1], RandomNumberGenerator.GetBytes(32)),
            Signed(Encode("""{"alg":"HS256","typ":"JWT"}"""), parts[1], Encoding.UTF8.GetBytes("slipway-registry")),
            Signed(Encode("""{"alg":"HS256","typ":"JWT","kid":"../../etc/passwd"}"""), parts[1], []),
            $"{Encode("""{"alg":"RS256","typ":"JWT"}""")}.{parts[1]}.{parts[2]}",
            "a.b.c", "..", "not a token", new string('x', 5000),
        ];
        foreach (var text in forged)
        {
            var answer = await _host.With(text).GetAsync("/v2/shop/web/manifests/v1");
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, text.Length > 100 ? text[..100] : text);
            answer.Headers.WwwAuthenticate.Single().Parameter!.ShouldContain("error=\"invalid_token\"");
        }
    }

    [Fact]
    public async Task Token_OfAnotherRegistry_IsRefused()
    {
        await using var other = await AccessHost.Start();
        var token = (await AccessHost.Token(other.Admin, "repository:shop/web:pull")).GetProperty("token").GetString()!;
        (await _host.With(token).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Token_SurvivesARestart()
    {
        var token = (await AccessHost.Token(_host.Admin, "repository:shop/web:pull")).GetProperty("token").GetString()!;
        await _host.Registry.Restart();
        (await _host.With(token).GetAsync("/v2/shop/web/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    Task<HttpResponseMessage> PostRaw(params (string Name, string Value)[] fields) =>
        _host.Anonymous.PostAsync("/v2/token", new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    async Task<JsonElement> Post(params (string Name, string Value)[] fields)
    {
        var answer = await PostRaw(fields);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Text());
        using var json = JsonDocument.Parse(await answer.Text());
        return json.RootElement.Clone();
    }

    static JsonElement Payload(string token)
    {
        using var json = JsonDocument.Parse(Decode(token.Split('.')[1]));
        return json.RootElement.Clone();
    }

    static string Signed(string header, string payload, byte[] key) =>
        $"{header}.{payload}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{header}.{payload}")))}";

    static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    static string Decode(string text) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(text));
}
