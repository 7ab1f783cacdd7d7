namespace Slipway.Model;

/// <summary>What <c>x-release.static</c> says: no container runs for the service, the gateway serves files of its image.</summary>
public sealed record StaticFiles
{
    /// <summary>Absolute path of the folder in the image, without a slash at its end; / is the whole image.</summary>
    public required string Root { get; init; }

    /// <summary>Names that are looked for in a folder, in this order.</summary>
    public IReadOnlyList<string> Index { get; init; } = ["index.html"];

    /// <summary>Put behind a path that is no file, in this order, before it is given up: .html lets /about find /about.html.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>The file that answers, with 200, a path that is none: of an application whose paths live in the browser. Null: 404.</summary>
    public string? Fallback { get; init; }

    /// <summary>The file that is the body of a 404. Null: /404.html where there is one, else the gateway's own page.</summary>
    public string? NotFound { get; init; }

    /// <summary>Whether files and folders whose names begin with a dot are served too; /.well-known (RFC 8615) always is.</summary>
    public bool Dotfiles { get; init; }

    /// <summary>The first that matches says how long a file may be kept by caches.</summary>
    public IReadOnlyList<CacheRule> Cache { get; init; } = [];

    /// <summary>Whether files that gain by it are compressed, once, when they are taken out of the image.</summary>
    public bool Compress { get; init; }
}

/// <summary>How long files at some paths may be kept by caches (RFC 9111).</summary>
/// <param name="Path">A prefix at segment boundaries, or with stars the whole path (<see cref="MatchPattern.CompilePath"/>); without a slash the file's name.</param>
/// <param name="Control">The value of Cache-Control; empty: none is sent.</param>
public sealed record CacheRule(string Path, string Control)
{
    /// <summary>For what never changes under its name (RFC 8246).</summary>
    public const string Immutable = "max-age=31536000, immutable";

    /// <summary>May be kept, and is asked for again each time.</summary>
    public const string Revalidated = "no-cache";
}
