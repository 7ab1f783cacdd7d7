using System.Net;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Sites;

/// <summary>The sites that a table names, opened once each. Only control comes here, never a request.</summary>
/// <param name="folder">DATA/sites.</param>
sealed partial class SiteBook(string folder, HotFiles hot, TimeProvider time, ILogger<SiteBook> log)
{
    /// <summary>
    /// From when no table names a site until it is closed. A request that began by an older table may still come to it; what is being sent holds it by itself.
    /// </summary>
    static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    readonly Dictionary<string, Site> _open = [];

    /// <summary>The state that requests to the site are counted on; null where it can't be opened, which the log says.</summary>
    public InstanceState? Obtain(InstanceBook instances, Upstream upstream)
    {
        if (Open(upstream.Site!) is not { } site) return null;
        var state = instances.Obtain(upstream.Instance, new IPEndPoint(IPAddress.Parse(upstream.Address), upstream.Port), null);
        (state.Site, state.Other) = (site, upstream.Other is { } other ? Open(other) : null);
        return state;
    }

    /// <summary>The table that is served by now names these alone.</summary>
    public void Retain(IEnumerable<InstanceState> routed)
    {
        lock (_gate)
        {
            if (_open.Count == 0) return;
            var named = routed.SelectMany(s => (Site?[])[s.Site, s.Other]).OfType<Site>().Select(s => s.Path).ToHashSet();
            foreach (var (path, site) in _open.Where(s => !named.Contains(s.Key)).ToList())
            {
                _open.Remove(path);
                _ = CloseLater(site);
            }
        }
    }

    async Task CloseLater(Site site)
    {
        await Task.Delay(Grace, time);
        site.Dispose();
    }

    Site? Open(string path)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(path, out var known)) return known;
            try
            {
                return _open[path] = Site.Open(folder, path, hot);
            }
            catch (Exception broken) when (broken is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                LogMissing(log, path, broken.Message);
                return null;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The files of {Site} can't be served: {Reason}")]
    static partial void LogMissing(ILogger log, string site, string reason);
}
