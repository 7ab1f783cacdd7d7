using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Apps;

/// <summary>What a path names has to exist; where it does not, the error says what does.</summary>
static class Lookups
{
    extension(ReleaseQueries releases)
    {
        public AppStatus Require(AppName app) => releases.App(app) ?? throw new NotFoundException(releases.Apps() is { Count: > 0 } others
            ? $"There is no app '{app}'; there is {string.Join(", ", others.Select(other => other.App))}."
            : $"There is no app '{app}', nor any other yet.");

        public Release RequireRelease(AppName app, int number) => releases.Release(app, number) ?? throw new NotFoundException(
            $"{app} has no release v{number}; it has {(releases.Releases(app) is { Count: > 0 } others ? string.Join(", ", others.Select(other => $"v{other.Number}")) : "none yet")}.");

        public Rollout RequireRollout(long id) => releases.Rollout(id) ?? throw new NotFoundException($"There is no rollout {id}.");
    }
}
