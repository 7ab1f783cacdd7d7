using Microsoft.AspNetCore.Http;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>
/// The one place where it is decided whether a request to /v2/ may go on.
/// <code>
/// GET, HEAD                 pull        public projects: everybody
/// POST, PATCH, PUT          push        a mount also needs pull on its source, or becomes an ordinary upload
/// DELETE                    delete      of an upload: push
/// /v2/                      any credential, because docker login asks it whether one is good
/// catalog                   anyone with a credential; it shows what he may pull
/// </code>
/// 401 with a challenge where another credential or a wider token could help, 403 where it could not. Neither says whether the thing exists.
/// </summary>
sealed class AccessControl(Authenticator authenticator, PublicProjects projects, Challenges challenges)
{
    /// <summary>Null where it may go on; then <see cref="RequestAccess"/> is a feature of the request.</summary>
    public async ValueTask<RegistryError?> Check(HttpContext context, RegistryRequest request)
    {
        var authentication = await authenticator.Authenticate(context.Request.Headers.Authorization, context.Connection.RemoteIpAddress?.ToString());
        if (authentication.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return RegistryError.TooManyFailures();
        }
        if (authentication.Wrong is { } wrong)
        {
            challenges.Write(context, ScopeOf(request, context.Request.Method), "invalid_token");
            return RegistryError.Unauthorized(wrong);
        }
        var access = new RequestAccess(authentication.Identity, projects);
        context.User = authentication.Identity.Principal;
        context.Features.Set(access);
        return Decide(context, request, access);
    }

    RegistryError? Decide(HttpContext context, RegistryRequest request, RequestAccess access)
    {
        var method = context.Request.Method;
        if (RepositoryOf(request) is not { } repository)
        {
            if (!access.Identity.IsAnonymous) return null;
            challenges.Write(context, ScopeOf(request, method), access.Identity.ByToken ? "insufficient_scope" : null);
            return RegistryError.Unauthorized("authentication required: docker login, or a credential in the Authorization header");
        }
        var needed = Needed(request, method);
        if (access.May(repository, needed)) return null;
        if (access.Identity.IsAnonymous && access.Identity.Asked?.Contains(repository.Value) is not true)
        {
            challenges.Write(context, ScopeOf(request, method), null);
            return RegistryError.Unauthorized($"authentication required to {Word(needed)} '{repository}'");
        }
        if (access.Identity.Asked is { } asked && !asked.Contains(repository.Value))
        {
            challenges.Write(context, ScopeOf(request, method), "insufficient_scope");
            return RegistryError.Unauthorized($"the token was not made for '{repository}'");
        }
        if (access.Identity.IsAnonymous) return RegistryError.Denied($"'{repository}' is not public, or not there: log in (docker login) with an account that may {Word(needed)} it");
        return RegistryError.Denied(
            $"{access.Identity.Name} may not {Word(needed)} '{repository}': that needs the role {RoleFor(needed)} in project '{ProjectOf(repository)}' (slipway project member set), or a robot's scope");
    }

    static RepositoryName? RepositoryOf(RegistryRequest request) => request switch
    {
        RegistryRequest.Tags tags => tags.Repository,
        RegistryRequest.Manifest manifest => manifest.Repository,
        RegistryRequest.Referrers referrers => referrers.Repository,
        RegistryRequest.Blob blob => blob.Repository,
        RegistryRequest.StartUpload start => start.Repository,
        RegistryRequest.Upload upload => upload.Repository,
        _ => null,
    };

    static RegistryActions Needed(RegistryRequest request, string method) => method switch
    {
        _ when request is RegistryRequest.Upload or RegistryRequest.StartUpload => RegistryActions.Push,
        "GET" or "HEAD" => RegistryActions.Pull,
        "DELETE" => RegistryActions.Delete,
        "PUT" or "POST" or "PATCH" => RegistryActions.Push,
        _ => RegistryActions.Pull,
    };

    static string? ScopeOf(RegistryRequest request, string method) => RepositoryOf(request) is not { } repository
        ? request is RegistryRequest.Catalog ? "registry:catalog:*" : null
        : $"repository:{repository}:" + Needed(request, method) switch { RegistryActions.Push => "pull,push", RegistryActions.Delete => "delete", _ => "pull" };

    static string Word(RegistryActions action) => action switch { RegistryActions.Push => "push to", RegistryActions.Delete => "delete from", _ => "pull from" };

    static string RoleFor(RegistryActions action) => action switch { RegistryActions.Push => "developer", RegistryActions.Delete => "maintainer", _ => "viewer" };

    internal static string ProjectOf(RepositoryName repository) => repository.Value.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? repository.Value[..slash] : repository.Value;
}

/// <summary>What the sender of a request may do: a feature of the request, for what needs to ask again (mounts, lists).</summary>
sealed class RequestAccess(Identity identity, PublicProjects projects)
{
    public Identity Identity => identity;

    /// <summary>Everything where no access control is set up.</summary>
    public static bool May(HttpContext context, RepositoryName repository, RegistryActions actions) =>
        context.Features.Get<RequestAccess>() is not { } access || access.May(repository, actions);

    /// <summary>Whether the catalog shows it.</summary>
    public bool Lists(RepositoryName repository) => May(repository, RegistryActions.Pull) || identity.Listed?.On(repository).HasFlag(RegistryActions.Pull) is true;

    public bool May(RepositoryName repository, RegistryActions actions) =>
        (identity.Rights.On(repository) & actions) == actions || (actions == RegistryActions.Pull && projects.Contains(repository));
}
