using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>Sends requests elsewhere. The Location is always absolute: one that begins with two slashes would be another host's.</summary>
sealed class CompiledRedirect(RouteRedirect target, string from)
{
    readonly TargetRewrite _path = new(new PathRewrite(from, target.Path == "/" ? "" : target.Path));

    public ErrorPage Answer(Exchange exchange)
    {
        if (_path.Apply(RequestHead.OriginForm(exchange.Request.RawTarget)) is not { } path)
            return ErrorPage.BadRequest("The path of the request is written in an unusual way (dot segments, or letters as %61).");
        return ErrorPage.Redirect(target.Status, $"{target.Scheme ?? exchange.Scheme}://{target.Host ?? exchange.Request.Headers.Host.ToString()}{path}");
    }
}
