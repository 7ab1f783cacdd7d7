using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Slipway.Registry.Storage.Swift;

/// <summary>A token and where it is good.</summary>
/// <param name="Account">The account's address, without a slash at its end.</param>
sealed record SwiftToken(string Value, Uri Account, DateTimeOffset Renew);

/// <summary>
/// Keeps one token for all requests: asked for by the first, renewed a little before it ends, and once when a request is refused with it. Thread-safe.
/// v1 is Swift's own (tempauth, Ceph, many hosters); v3 is Keystone's "POST /v3/auth/tokens".
/// </summary>
sealed class SwiftSession(SwiftOptions options, HttpClient http, TimeProvider time) : IDisposable
{
    /// <summary>Before its end, so that no request on its way loses it.</summary>
    static readonly TimeSpan Ahead = TimeSpan.FromMinutes(2);

    readonly SemaphoreSlim _turn = new(1, 1);
    SwiftToken? _token;

    /// <param name="refused">The token with which a request was just refused; another than that is given.</param>
    public async Task<SwiftToken> Token(SwiftToken? refused, CancellationToken cancel)
    {
        if (Usable(refused) is { } kept) return kept;
        await _turn.WaitAsync(cancel);
        try
        {
            return Usable(refused) ?? (_token = options.IsKeystone ? await AskKeystone(cancel) : await AskV1(cancel));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    SwiftToken? Usable(SwiftToken? refused) => _token is { } token && token != refused && time.GetUtcNow() < token.Renew ? token : null;

    async Task<SwiftToken> AskV1(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, options.AuthUrl);
        request.Headers.Add("X-Auth-User", options.User);
        request.Headers.Add("X-Auth-Key", options.Password);
        request.Headers.ConnectionClose = true;
        using var answer = await http.SendAsync(request, cancel);
        if (!answer.IsSuccessStatusCode) throw Refused(answer.StatusCode);
        var (token, account) = (SwiftAnswer.Header(answer, "X-Auth-Token"), SwiftAnswer.Header(answer, "X-Storage-Url"));
        if (token is null || !Uri.TryCreate(account?.TrimEnd('/'), UriKind.Absolute, out var address)) throw NotAuth("it answered without X-Auth-Token and X-Storage-Url");
        var life = int.TryParse(SwiftAnswer.Header(answer, "X-Auth-Token-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromHours(1);
        return new SwiftToken(token, address, RenewAt(time.GetUtcNow() + life));
    }

    async Task<SwiftToken> AskKeystone(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.AuthUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/auth/tokens");
        // Buffered, with its length: not every Keystone's front end takes chunks.
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(Question(), SwiftJson.Default.KeystoneQuestion)) { Headers = { ContentType = new("application/json") } };
        // Hours may pass until the next: a connection that is kept has been closed by then, and some front ends of Keystone close it without a word.
        request.Headers.ConnectionClose = true;
        using var answer = await http.SendAsync(request, cancel);
        if (!answer.IsSuccessStatusCode) throw Refused(answer.StatusCode);
        var token = SwiftAnswer.Header(answer, "X-Subject-Token") ?? throw NotAuth("it answered without X-Subject-Token");
        try
        {
            var body = (await answer.Content.ReadFromJsonAsync(SwiftJson.Default.KeystoneAnswer, cancel))?.Token ?? throw new JsonException("no token");
            return new SwiftToken(token, FindAccount(body.Catalog), RenewAt(body.ExpiresAt ?? time.GetUtcNow() + TimeSpan.FromHours(1)));
        }
        catch (JsonException error)
        {
            throw NotAuth($"its answer is not Keystone's ({error.Message})");
        }
    }

    /// <summary>The end less a little; of a short life, less a quarter.</summary>
    DateTimeOffset RenewAt(DateTimeOffset end)
    {
        var quarter = (end - time.GetUtcNow()) / 4;
        return end - (quarter < Ahead ? quarter : Ahead);
    }

    KeystoneQuestion Question()
    {
        if (options.ApplicationCredentialId is { } id)
            return new(new(new(["application_credential"], null, new(id, options.ApplicationCredentialSecret!)), null));
        var user = new KeystoneUser(options.User!, new(options.UserDomain), options.Password!);
        return new(new(new(["password"], new(user), null), new(new(options.Project!, new(options.ProjectDomain ?? options.UserDomain)))));
    }

    Uri FindAccount(IReadOnlyList<KeystoneService>? catalog)
    {
        var stores = (catalog ?? []).Where(service => service.Type == "object-store").SelectMany(service => service.Endpoints ?? []).ToList();
        var found = stores.Where(store => store.Interface == options.Interface && (options.Region is null || (store.RegionId ?? store.Region) == options.Region)).ToList();
        if (found is [{ Url: { } url }] && Uri.TryCreate(url.TrimEnd('/'), UriKind.Absolute, out var address)) return address;
        var offered = stores.Count == 0 ? "no object store at all" : string.Join(", ", stores.Select(store => $"{store.RegionId ?? store.Region} {store.Interface}"));
        throw new SwiftException($"{options.Place}: the catalog has {(found.Count == 0 ? "no" : "more than one")} {options.Interface} address of an object store{(options.Region is null ? "" : $" in region '{options.Region}'")}; "
            + $"it offers {offered}. Correct 'region' or 'interface'.", HttpStatusCode.NotFound);
    }

    SwiftException Refused(HttpStatusCode status) => new(
        status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when options.ApplicationCredentialId is not null =>
                $"{options.Place}: the application credential was refused; correct 'applicationCredentialId' and 'applicationCredentialSecret' (has it expired?).",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                $"{options.Place}: user and password were refused; correct 'user', 'password'{(options.IsKeystone ? ", 'userDomain', 'project' or 'projectDomain'" : " (v1's user is ACCOUNT:USER)")}.",
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.MultipleChoices =>
                $"{options.Place}: no tokens are given at 'authUrl' (it answered {(int)status}); Keystone's address ends in /v3, v1's in /auth/v1.0.",
            _ => $"{options.Place}: asking for a token failed: 'authUrl' answered {(int)status}.",
        },
        status);

    SwiftException NotAuth(string why) => new($"{options.Place}: no token was had: {why}. Correct 'authUrl'; Keystone's ends in /v3, v1's in /auth/v1.0.", HttpStatusCode.NotFound);
}
