using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Slipway.Registry.Auth;

/// <summary>
/// The registry's own tokens (distribution, "Token Authentication Implementation": JWTs with an <c>access</c> claim), signed with HMAC-SHA256: who
/// signs them is who reads them. Nothing but that algorithm, our issuer and our audience is ever believed.
/// </summary>
sealed class Tokens(TokenKeys keys, AccessOptions options, TimeProvider time)
{
    public const string Service = "slipway-registry";
    const string Issuer = "slipway", RefreshAudience = "slipway-registry-refresh";

    readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = 16 << 10 };

    /// <summary>A token for what was granted; it names also what was asked for and not granted, with no actions.</summary>
    /// <param name="lifetime">Null: that of the options.</param>
    public string Issue(string account, long version, IReadOnlyList<Access> access, TimeSpan? lifetime = null) => Sign(account, Service, lifetime ?? options.TokenLifetime, new Dictionary<string, object>
    {
        ["ver"] = version,
        ["access"] = access.Select(one => new Dictionary<string, object> { ["type"] = one.Type, ["name"] = one.Name, ["actions"] = one.Actions.ToArray() }).ToArray(),
    });

    /// <summary>What docker login keeps in place of the password.</summary>
    public string IssueRefresh(string account, long version) => Sign(account, RefreshAudience, options.RefreshLifetime, new Dictionary<string, object> { ["ver"] = version });

    /// <summary>Null, with the reason, where it is none of ours, changed, early or late.</summary>
    public Task<(Verified? Token, string? Wrong)> Verify(string text) => Verify(text, Service);

    public Task<(Verified? Token, string? Wrong)> VerifyRefresh(string text) => Verify(text, RefreshAudience);

    string Sign(string account, string audience, TimeSpan lifetime, Dictionary<string, object> claims)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            Claims = new Dictionary<string, object>(claims) { ["sub"] = account, ["jti"] = Guid.NewGuid().ToString("N") },
            SigningCredentials = new SigningCredentials(keys.All()[0], SecurityAlgorithms.HmacSha256),
        });
    }

    async Task<(Verified?, string?)> Verify(string text, string audience)
    {
        var result = await _handler.ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = audience,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            IssuerSigningKeyResolver = (_, _, id, _) => id is not null && keys.Find(id) is { } key ? [key] : [],
            TryAllIssuerSigningKeys = false,
            LifetimeValidator = (notBefore, expires, _, _) => notBefore is not null && expires is not null
                && time.GetUtcNow().UtcDateTime is var now && notBefore <= now + options.ClockSkew && now < expires + options.ClockSkew,
        });
        if (!result.IsValid) return (null, Reason(result.Exception));
        var token = (JsonWebToken)result.SecurityToken;
        if (!token.TryGetPayloadValue<long>("ver", out var version)) return (null, "the token names no version of its account");
        return (new Verified(token.Subject, version, audience == Service ? AccessOf(token) : [], token.ValidTo), null);
    }

    static IReadOnlyList<Access> AccessOf(JsonWebToken token)
    {
        if (!token.TryGetPayloadValue<JsonElement>("access", out var access) || access.ValueKind != JsonValueKind.Array) return [];
        return [.. access.EnumerateArray().Select(one => new Access(
            one.GetProperty("type").GetString()!, one.GetProperty("name").GetString()!, [.. one.GetProperty("actions").EnumerateArray().Select(action => action.GetString()!)]))];
    }

    static string Reason(Exception? error) => error switch
    {
        SecurityTokenInvalidLifetimeException => "the token has expired, or is not good yet: is the clock of one of the machines wrong?",
        SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException => "the token was not signed by this registry",
        SecurityTokenInvalidAudienceException or SecurityTokenInvalidIssuerException => "the token is for something else",
        SecurityTokenInvalidAlgorithmException => "the token is signed with an algorithm that is not accepted",
        _ => "the token is malformed",
    };
}

/// <summary>One entry of a token's access claim.</summary>
sealed record Access(string Type, string Name, IReadOnlyList<string> Actions);

/// <param name="Ends">UTC.</param>
sealed record Verified(string Account, long Version, IReadOnlyList<Access> Access, DateTime Ends);
