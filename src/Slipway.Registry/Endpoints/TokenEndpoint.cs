using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Registry.Auth;
using Slipway.Registry.Names;

namespace Slipway.Registry.Endpoints;

/// <summary>
/// Gives out tokens: GET with Basic or nothing (distribution, "Token Authentication Specification"), POST with a form ("OAuth2 Token Authentication").
/// A token holds what was asked for and may be done; asking for too much is no error.
/// </summary>
sealed class TokenEndpoint(Authenticator authenticator, Tokens tokens, PublicProjects projects, AccessOptions options, TimeProvider time)
{
    const int MaxForm = 64 << 10;

    public async Task Handle(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsGet(context.Request.Method)) await Get(context);
        else if (HttpMethods.IsPost(context.Request.Method)) await Post(context);
        else
        {
            context.Response.Headers.Allow = "GET, POST";
            await RegistryError.MethodNotAllowed(context.Request.Method).Write(context);
        }
    }

    async Task Get(HttpContext context)
    {
        var query = context.Request.Query;
        var asked = ScopesOf(query["scope"]);
        if ((WrongService(query["service"]) ?? asked.Error) is { } error)
        {
            await error.Write(context);
            return;
        }
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            await Answer(context, Identity.Anonymous, 0, asked.Scopes, refresh: null);
            return;
        }
        if (!AuthenticationHeaderValue.TryParse(header, out var value) || !value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || Credential(value.Parameter) is not { } credential)
        {
            await Refuse(context, Authentication.Refused("the token endpoint takes Basic"));
            return;
        }
        var (account, result) = await authenticator.Check(credential.Name, credential.Password, Address(context));
        if (result.Wrong is not null)
        {
            await Refuse(context, result);
            return;
        }
        var version = account?.Version ?? 0;
        var refresh = query["offline_token"] == "true" && account is not null ? tokens.IssueRefresh(account.Name, version) : null;
        await Answer(context, result.Identity, version, asked.Scopes, refresh);
    }

    async Task Post(HttpContext context)
    {
        if (await Form(context) is not { } form)
        {
            await RegistryError.TokenRequestInvalid("expected a form (application/x-www-form-urlencoded) of at most 64 KiB").Write(context);
            return;
        }
        var asked = ScopesOf(form["scope"]);
        if ((WrongService(form["service"]) ?? asked.Error) is { } error)
        {
            await error.Write(context);
            return;
        }
        switch (form["grant_type"].ToString())
        {
            case "password":
                var (account, result) = await authenticator.Check(form["username"].ToString(), form["password"].ToString(), Address(context));
                if (result.Wrong is not null) await Refuse(context, result);
                else await Answer(context, result.Identity, account?.Version ?? 0, asked.Scopes, form["access_type"] == "offline" && account is not null ? tokens.IssueRefresh(account.Name, account.Version) : null);
                break;
            case "refresh_token":
                await Refresh(context, form["refresh_token"].ToString(), asked.Scopes);
                break;
            case var other:
                await RegistryError.TokenRequestInvalid($"grant_type is '{other}', expected password or refresh_token").Write(context);
                break;
        }
    }

    // Of any length that is not said beforehand, too: skopeo and podman send it in chunks.
    static async Task<IFormCollection?> Form(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is not true || context.Request.ContentLength > MaxForm) return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = MaxForm;
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception bad) when (bad is BadHttpRequestException or InvalidDataException)
        {
            return null;
        }
    }

    async Task Refresh(HttpContext context, string text, IReadOnlyList<TokenScope> scopes)
    {
        var (token, wrong) = await tokens.VerifyRefresh(text);
        var (account, changed) = token is null ? (null, wrong) : authenticator.AccountOf(token);
        if (account is null) await Refuse(context, Authentication.Refused(changed ?? "the refresh token is no account's"));
        else await Answer(context, authenticator.IdentityOf(account), account.Version, scopes, text);
    }

    async Task Answer(HttpContext context, Identity identity, long version, IReadOnlyList<TokenScope> scopes, string? refresh)
    {
        var token = tokens.Issue(identity.Name, version, [.. scopes.Select(scope => Granted(identity, scope))]);
        var answer = new TokenAnswer(token, token, (int)options.TokenLifetime.TotalSeconds, time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), refresh);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer, RegistryJson.Snake.TokenAnswer), context.RequestAborted);
    }

    Access Granted(Identity identity, TokenScope scope)
    {
        if (scope is { Type: "registry", Name: "catalog" }) return new Access("registry", "catalog", identity.Rights.IsAdmin ? ["*"] : []);
        if (scope.Type != "repository" || !RepositoryName.TryParse(scope.Name, out var repository)) return new Access(scope.Type, scope.Name, []);
        var actions = identity.Rights.On(repository);
        if (projects.Contains(repository)) actions |= RegistryActions.Pull;
        return new Access(scope.Type, scope.Name, TokenScope.Words(actions & scope.Wanted()));
    }

    static async Task Refuse(HttpContext context, Authentication result)
    {
        if (result.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await RegistryError.TooManyFailures().Write(context);
            return;
        }
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"Slipway\"";
        await RegistryError.Unauthorized(result.Wrong!).Write(context);
    }

    static RegistryError? WrongService(string? service) => string.IsNullOrEmpty(service) || service == Tokens.Service ? null
        : RegistryError.TokenRequestInvalid($"this registry gives out tokens for service '{Tokens.Service}', not '{(service.Length <= 100 ? service : service[..100])}'");

    // Several parameters, or several in one with spaces between.
    static (IReadOnlyList<TokenScope> Scopes, RegistryError? Error) ScopesOf(IEnumerable<string?> values)
    {
        var scopes = new List<TokenScope>();
        foreach (var text in values.SelectMany(value => (value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (!TokenScope.TryParse(text, out var scope)) return ([], RegistryError.TokenRequestInvalid($"'{(text.Length <= 100 ? text : text[..100])}' is no scope: expected TYPE:NAME:ACTION,ACTION, as in repository:shop/web:pull,push"));
            if (scopes.Count == TokenScope.MaxScopes) return ([], RegistryError.TokenRequestInvalid($"more than {TokenScope.MaxScopes} scopes"));
            scopes.Add(scope);
        }
        return (scopes, null);
    }

    static (string Name, string Password)? Credential(string? parameter)
    {
        var bytes = new byte[parameter?.Length ?? 0];
        if (parameter is null || !Convert.TryFromBase64String(parameter, bytes, out var length)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? (text[..colon], text[(colon + 1)..]) : null;
    }

    static string Address(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";
}

/// <summary>Both names of the token: older clients read 'token', OAuth2 ones 'access_token'.</summary>
sealed record TokenAnswer(string Token, string AccessToken, int ExpiresIn, string IssuedAt, string? RefreshToken);
