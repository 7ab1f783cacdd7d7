using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>
/// The credentials for one registry's requests: Basic, or a bearer token for each scope, kept until shortly before it ends. However many ask at a time,
/// a token is fetched once. Thread-safe.
/// </summary>
sealed class Tokens(RemoteRegistry registry, HttpClient http, TimeProvider time)
{
    const int LongestAnswer = 1 << 20;

    /// <summary>A token's life where the service names none (Docker's token authentication specification, "expires_in").</summary>
    const int UsualLife = 60;

    readonly ConcurrentDictionary<string, Lazy<Task<Token>>> _tokens = new(StringComparer.Ordinal);
    volatile Challenge? _challenge;

    /// <summary>What to send with a request of this scope, as far as is known before it is refused; null: nothing.</summary>
    public async Task<AuthenticationHeaderValue?> For(string scope, CancellationToken cancel)
    {
        if (_challenge is not { } challenge) return null;
        if (challenge.Realm is null) return Basic();
        return new AuthenticationHeaderValue("Bearer", (await Get(challenge, scope, cancel)).Text);
    }

    /// <summary>Takes note of a refusal. False where asking again would be the same: the credential is wrong, or is none.</summary>
    /// <param name="sent">What the refused request had carried.</param>
    public bool Learn(Challenge challenge, string scope, AuthenticationHeaderValue? sent)
    {
        var known = _challenge;
        _challenge = challenge;
        if (challenge.Realm is null) return sent is null && registry.User is not null;
        // A token that had been good may have ended early (its service was restarted, a clock is off): one new one is worth the try.
        if (sent is not null && _tokens.TryGetValue(scope, out var kept) && kept.IsValueCreated && kept.Value.IsCompletedSuccessfully && kept.Value.Result.Text == sent.Parameter)
            _tokens.TryRemove(new(scope, kept));
        return sent is null || known != challenge || sent.Scheme == "Bearer";
    }

    async Task<Token> Get(Challenge challenge, string scope, CancellationToken cancel)
    {
        while (true)
        {
            var mine = _tokens.GetOrAdd(scope, key => new Lazy<Task<Token>>(() => Fetch(challenge, key)));
            try
            {
                var token = await mine.Value.WaitAsync(cancel);
                if (token.Until > time.GetUtcNow()) return token;
            }
            catch (Exception failed) when (failed is not OperationCanceledException || !cancel.IsCancellationRequested)
            {
                _tokens.TryRemove(new(scope, mine));
                throw;
            }
            _tokens.TryRemove(new(scope, mine));
        }
    }

    // Not bound to the one who asked first: others wait for it too.
    async Task<Token> Fetch(Challenge challenge, string scope)
    {
        if (registry.Url.Scheme == "https" && challenge.Realm!.Scheme != "https")
            throw new RemoteException($"{registry} wants a token from {challenge.Realm}, which is not encrypted: the password is not sent there.");
        var query = new StringBuilder(challenge.Realm!.Query.Length > 1 ? challenge.Realm.Query + "&" : "?");
        if (challenge.Service is { } service) query.Append("service=").Append(Uri.EscapeDataString(service)).Append('&');
        foreach (var one in scope.Split(' ')) query.Append("scope=").Append(Uri.EscapeDataString(one)).Append('&');
        if (registry.User is { } user) query.Append("account=").Append(Uri.EscapeDataString(user)).Append('&');
        var url = new Uri(challenge.Realm, query.ToString(0, query.Length - 1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), time);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Authorization = Basic();
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!answer.IsSuccessStatusCode)
                throw new RemoteException($"{registry}: its token service {url.Authority} answered {(int)answer.StatusCode} {answer.ReasonPhrase}{(registry.User is null ? "" : $" to the user '{registry.User}'")}.", answer.StatusCode)
                {
                    RetryAfter = Patience.Asked(answer.Headers, time),
                };
            var body = await Bodies.Read(answer, LongestAnswer, limit.Token) ?? throw new RemoteException($"{registry}: its token service {url.Authority} answered more than {LongestAnswer} bytes.");
            var document = JsonSerializer.Deserialize(body, TokenJson.Default.TokenAnswer);
            if ((document?.Token ?? document?.AccessToken) is not { Length: > 0 } text) throw new RemoteException($"{registry}: its token service {url.Authority} answered without a token.");
            // Asked anew before the end, so that no request sets out with a token that ends on its way.
            var life = TimeSpan.FromSeconds(Math.Clamp(document!.ExpiresIn ?? UsualLife, 1, 24 * 3600));
            return new Token(text, time.GetUtcNow() + (life * 0.8));
        }
        catch (Exception broken) when (broken is HttpRequestException or JsonException or OperationCanceledException)
        {
            throw new RemoteException($"{registry}: its token service {url.Authority} does not answer as it should: {broken.Message}", null, broken);
        }
    }

    AuthenticationHeaderValue? Basic() => registry.User is null ? null
        : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{registry.User}:{registry.Password}"))));

    sealed record Token(string Text, DateTimeOffset Until);
}

sealed record TokenAnswer
{
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>Seconds.</summary>
    [JsonPropertyName("expires_in")]
    public int? ExpiresIn { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TokenAnswer))]
sealed partial class TokenJson : JsonSerializerContext;
