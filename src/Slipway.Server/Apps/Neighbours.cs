using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Apps;

/// <summary>
/// Two servers may share an engine, but not an app's name: instances, networks and volumes are named by it, and each server would take the other's
/// for its own.
/// </summary>
static class Neighbours
{
    /// <exception cref="ConflictException">The app is new to this server, and the engine already runs one of that name.</exception>
    public static async Task Check(AppName app, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        if (releases.App(app) is not null) return;
        try
        {
            var instances = await engine.Observe(app, cancel);
            if (instances.Count > 0)
                throw new ConflictException(
                    $"The engine has {instances.Count} instances of an app '{app}' that this server does not know ({instances[0].Name} ...): another Slipway's, or what a lost data folder has left. "
                    + $"Take another name (--app NAME), or remove them first: docker rm -f $(docker ps -aq --filter label=dev.slipway.app={app})");
        }
        catch (EngineUnavailableException)
        {
            // Without an engine nothing is taken over now; the build says what is wrong.
        }
    }
}
