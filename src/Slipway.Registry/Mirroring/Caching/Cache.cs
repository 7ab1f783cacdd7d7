using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>One cache while it works: its settings, the client of its upstream, and how that has behaved of late. Thread-safe.</summary>
sealed class Cache : IDisposable
{
    /// <summary>How long an upstream that failed is left alone where we have something to serve.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);

    /// <summary>The longest that it is left alone because it asked for it.</summary>
    static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    readonly IReadOnlyList<NamePattern> _allowed;
    readonly TimeProvider _time;
    long _pausedUntil;

    public Cache(CacheSettings settings, RemoteRegistry upstream, TimeProvider time)
    {
        (Settings, _time) = (settings, time);
        _allowed = [.. settings.Allowed.Select(pattern => NamePattern.TryParse(pattern)!)];
        Client = new RegistryClient(upstream, time);
    }

    public CacheSettings Settings { get; }

    public RegistryClient Client { get; }

    public RemoteRegistry Upstream => Client.Registry;

    /// <summary>It failed a moment ago, or asked to be left alone.</summary>
    public bool IsPaused => _time.GetUtcNow().UtcTicks < Volatile.Read(ref _pausedUntil);

    /// <summary>The repository's name there: without the project, and as the upstream calls it.</summary>
    public string NameThere(RepositoryName repository) => repository.Value[(Settings.Project.Length + 1)..];

    public bool Allows(RepositoryName repository)
    {
        if (_allowed.Count == 0) return true;
        var there = NameThere(repository);
        return _allowed.Any(pattern => pattern.Matches(there) || pattern.Matches(Upstream.NameOf(there)));
    }

    public void Failed(RemoteException failure)
    {
        if (!failure.IsPassing) return;
        var pause = failure.RetryAfter is { } asked && asked > Pause ? (asked < LongestPause ? asked : LongestPause) : Pause;
        Volatile.Write(ref _pausedUntil, (_time.GetUtcNow() + pause).UtcTicks);
    }

    public void Answered() => Volatile.Write(ref _pausedUntil, 0);

    public void Dispose() => Client.Dispose();
}
