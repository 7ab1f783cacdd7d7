using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>What services depend on.</summary>
static class Dependencies
{
    /// <summary>The names of all that a service depends on, directly or not.</summary>
    /// <param name="find">A service by its name; null where there is none: its own dependencies are not known.</param>
    public static HashSet<string> Of(ServiceModel service, Func<string, ServiceModel?> find)
    {
        var names = new HashSet<string>();
        Add(service);
        return names;

        void Add(ServiceModel from)
        {
            foreach (var dependency in from.DependsOn)
                if (names.Add(dependency.Service) && find(dependency.Service) is { } needed) Add(needed);
        }
    }
}
