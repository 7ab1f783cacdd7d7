using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Server.Certificates.Acme.Proofs;

namespace Slipway.Server.Certificates.Acme;

/// <summary>One account's conversation with an authority (RFC 8555). For one caller at a time.</summary>
sealed class AcmeClient : IDisposable
{
    /// <summary>A nonce may have become too old while it was kept; the answer brings a fresh one (section 6.5).</summary>
    const int Attempts = 10;

    const int LongestAnswer = 1 << 20;

    static readonly TimeSpan Longest = TimeSpan.FromSeconds(90), Poll = TimeSpan.FromSeconds(1), LongestPoll = TimeSpan.FromSeconds(20);

    readonly HttpClient _http;
    readonly AccountKey _key;
    readonly TimeProvider _time;
    readonly Uri _directoryUrl;
    AcmeDirectory? _directory;
    string? _account;
    string? _nonce;

    /// <param name="directory">https URL of the directory.</param>
    /// <param name="account">The account's URL; null: none was made yet.</param>
    /// <param name="roots">PEM of what the authority's own server is trusted by; null: the system's.</param>
    public AcmeClient(Uri directory, AccountKey key, string? account, string? roots, TimeProvider time)
    {
        (_directoryUrl, _key, _account, _time) = (directory, key, account, time);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(15) };
        if (roots is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(roots);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60), MaxResponseContentBufferSize = LongestAnswer };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("slipway", "1"));
    }

    /// <summary>Makes the account, or finds the one of this key (section 7.3); its URL.</summary>
    /// <exception cref="AcmeException">The authority says no, or is no ACME server.</exception>
    public async Task<string> Register(string? email, AccountBinding? binding, CancellationToken cancel)
    {
        var directory = await Directory(cancel);
        if (directory.Meta is { ExternalAccountRequired: true } && binding is null)
            throw new AcmeException("The authority gives certificates only to those who have an account with it already: name it with --account-id and --account-key, which its web site shows (external account binding)");
        var newAccount = Required(directory.NewAccount, "newAccount");
        var payload = new MemoryStream();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteBoolean("termsOfServiceAgreed", true);
            if (email is not null)
            {
                json.WriteStartArray("contact");
                json.WriteStringValue($"mailto:{email}");
                json.WriteEndArray();
            }
            if (binding is not null)
            {
                json.WritePropertyName("externalAccountBinding");
                json.WriteRawValue(binding.Sign(newAccount, _key.Jwk));
            }
            json.WriteEndObject();
        }
        using var answer = await Post(newAccount, Encoding.UTF8.GetString(payload.ToArray()), "The authority makes no account", cancel);
        return _account = answer.Headers.Location?.ToString() ?? throw new AcmeException("The authority made an account and did not say which");
    }

    /// <summary>A certificate for one host (section 7.4).</summary>
    /// <param name="host">Or a wildcard.</param>
    /// <param name="proof">Shows that the host is ours.</param>
    /// <param name="request">The signing request, PKCS #10 in DER.</param>
    /// <returns>The chain in PEM, the host's certificate first.</returns>
    /// <exception cref="AcmeException">There is none to be had now.</exception>
    public async Task<string> Order(string host, HostProof proof, byte[] request, CancellationToken cancel)
    {
        var newOrder = Required((await Directory(cancel)).NewOrder, "newOrder");
        using var begun = await Post(newOrder, $$"""{"identifiers":[{"type":"dns","value":{{Quoted(host)}}}]}""", $"The authority takes no order for {host}", cancel);
        var place = begun.Headers.Location?.ToString() ?? throw new AcmeException("The authority took an order and did not say where it is");
        var order = await Read(begun, AcmeJson.Default.AcmeOrder, cancel);
        foreach (var authorization in order.Authorizations ?? []) await Authorize(host, authorization, proof, cancel);

        order = await Until(place, AcmeJson.Default.AcmeOrder, one => one.Status is not ("pending" or "processing"), $"The order for {host}", cancel);
        if (order.Status == "ready")
        {
            (await Post(Required(order.Finalize, "finalize"), $$"""{"csr":"{{System.Buffers.Text.Base64Url.EncodeToString(request)}}"}""", $"The authority refuses the request for {host}", cancel)).Dispose();
            order = await Until(place, AcmeJson.Default.AcmeOrder, one => one.Status is "valid" or "invalid", $"The certificate for {host}", cancel);
        }
        if (order.Status != "valid" || order.Certificate is null) throw order.Error is { } error ? AcmeException.OfHost(host, proof, error) : new AcmeException($"The order for {host} ended as '{order.Status}'");
        using var chain = await Post(order.Certificate, "", $"The certificate for {host} can't be fetched", cancel);
        return await chain.Content.ReadAsStringAsync(cancel);
    }

    public void Dispose() => _http.Dispose();

    async Task Authorize(string host, string url, HostProof proof, CancellationToken cancel)
    {
        using var asked = await Post(url, "", $"The authority does not say how it looks at {host}", cancel);
        var authorization = await Read(asked, AcmeJson.Default.AcmeAuthorization, cancel);
        if (authorization.Status == "valid") return;
        var challenge = authorization.Challenges?.FirstOrDefault(one => one.Type == proof.Type && one is { Url: not null, Token: not null })
            ?? throw new AcmeException($"The authority does not look at {host} by {proof.Type}, but by {string.Join(", ", authorization.Challenges?.Select(one => one.Type) ?? [])} (slipway certificate acme set --challenge)");
        // It becomes a path and a file's content.
        if (challenge.Token!.Length is 0 or > 128 || challenge.Token.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))) throw new AcmeException("The authority's token is none (RFC 8555, section 8.3)");
        await proof.Show(HostProof.NameOf(host), challenge.Token, _key.Answer(challenge.Token), cancel);
        (await Post(challenge.Url!, "{}", $"The authority does not look at {host}", cancel)).Dispose();
        authorization = await Until(url, AcmeJson.Default.AcmeAuthorization, one => one.Status != "pending", $"The check of {host}", cancel);
        if (authorization.Status != "valid") throw AcmeException.OfHost(host, proof, authorization.Challenges?.FirstOrDefault(one => one.Error is not null)?.Error);
    }

    async Task<T> Until<T>(string url, JsonTypeInfo<T> type, Func<T, bool> ended, string what, CancellationToken cancel)
    {
        var begun = _time.GetTimestamp();
        while (true)
        {
            using var answer = await Post(url, "", what, cancel);
            var now = await Read(answer, type, cancel);
            if (ended(now)) return now;
            if (_time.GetElapsedTime(begun) > Longest) throw new AcmeException($"{what} takes longer than {Longest.TotalSeconds:0} s at the authority");
            var wait = answer.Headers.RetryAfter?.Delta is { } asked && asked > Poll ? asked : Poll;
            await Task.Delay(wait < LongestPoll ? wait : LongestPoll, _time, cancel);
        }
    }

    async Task<HttpResponseMessage> Post(string url, string payload, string what, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nonce = _nonce ?? await NewNonce(cancel);
            _nonce = null;
            using var request = new HttpRequestMessage(HttpMethod.Post, Https(url)) { Content = new ByteArrayContent(_key.Sign(url, nonce, _account, payload)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            var answer = await Send(request, cancel);
            if (answer.IsSuccessStatusCode) return answer;
            using (answer)
            {
                var problem = await Problem(answer, cancel);
                if (problem.Kind == "badNonce" && attempt < Attempts) continue;
                throw AcmeException.Of(what, problem);
            }
        }
    }

    async Task<string> NewNonce(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, Https(Required((await Directory(cancel)).NewNonce, "newNonce")));
        using var answer = await Send(request, cancel);
        var nonce = _nonce;
        _nonce = null;
        return nonce ?? throw new AcmeException("The authority gives no nonce");
    }

    async Task<AcmeDirectory> Directory(CancellationToken cancel)
    {
        if (_directory is { } known) return known;
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, _directoryUrl), cancel);
        if (!answer.IsSuccessStatusCode) throw new AcmeException($"{_directoryUrl} is no directory of an ACME authority: it answers {(int)answer.StatusCode}");
        var directory = await Read(answer, AcmeJson.Default.AcmeDirectory, cancel);
        _ = Required(directory.NewNonce, "newNonce");
        return _directory = directory;
    }

    async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            var answer = await _http.SendAsync(request, cancel);
            if (answer.Headers.TryGetValues("Replay-Nonce", out var nonces)) _nonce = nonces.First();
            return answer;
        }
        catch (Exception away) when (away is HttpRequestException || away is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            var reason = away.InnerException is System.Security.Authentication.AuthenticationException ? "its certificate is not trusted; --roots FILE names its root" : (away.InnerException ?? away).Message;
            throw new AcmeException($"The authority at {_directoryUrl.Authority} can't be reached ({reason})", inner: away);
        }
    }

    async Task<T> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        try
        {
            return JsonSerializer.Deserialize(await answer.Content.ReadAsStreamAsync(cancel), type) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new AcmeException($"{_directoryUrl.Authority} does not answer as an ACME authority does");
        }
    }

    static async Task<AcmeProblem> Problem(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            if (JsonSerializer.Deserialize(await answer.Content.ReadAsStreamAsync(cancel), AcmeJson.Default.AcmeProblem) is { } problem) return problem;
        }
        catch (JsonException)
        {
            // Of something between us and it.
        }
        return new AcmeProblem { Detail = $"it answers {(int)answer.StatusCode}" };
    }

    string Required(string? url, string name) => url ?? throw new AcmeException($"{_directoryUrl} is no directory of an ACME authority: it has no '{name}'");

    /// <summary>What the authority names is asked only as itself is.</summary>
    static Uri Https(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps ? uri : throw new AcmeException("The authority names an address that is no https URL");

    static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
