namespace Slipway.Model;

/// <summary>
/// Copies of a part of a route's requests for a release that answers nobody yet. What the copies are answered is read, counted
/// (<see cref="ReleaseTraffic.Mirrored"/>) and dropped; clients see nothing of it and wait for nothing of it.
/// </summary>
public sealed record RouteMirror
{
    public required int Release { get; init; }

    /// <summary>Of 10,000 requests so many are copied.</summary>
    public required int Share { get; init; }

    /// <summary>Methods whose requests are copied, in upper case.</summary>
    public IReadOnlyList<string> Methods { get; init; } = Safe;

    /// <summary>
    /// Whose requests are copied, where users can be told apart: those whom the split would give to the release first. Nobody is given a cookie by it; who has
    /// none is drawn by lot for each request. Null: everybody is.
    /// </summary>
    public RouteSplit? Users { get; init; }

    /// <summary>Instances of the release that are ready.</summary>
    public required IReadOnlyList<Upstream> Upstreams { get; init; }

    /// <summary>As <see cref="Destination.Protocol"/>.</summary>
    public UpstreamProtocol? Protocol { get; init; }

    /// <summary>What may be done twice without being asked for (RFC 9110, section 9.2.1).</summary>
    public static IReadOnlyList<string> Safe { get; } = ["GET", "HEAD"];
}

/// <summary>Copies of requests that one service of one release got. They are no part of its <see cref="ReleaseTraffic.Requests"/>.</summary>
public sealed record MirroredTraffic
{
    public required long Requests { get; init; }

    /// <summary>As <see cref="ReleaseTraffic.ByClass"/>.</summary>
    public required IReadOnlyList<long> ByClass { get; init; }

    /// <summary>Copies that got no answer, or half of one.</summary>
    public required long Failed { get; init; }

    /// <summary>Requests that should have been copied and were not: too many copies were under way, or the body was too large or never came whole.</summary>
    public required long Dropped { get; init; }

    /// <summary>From the copy's beginning to the end of its answer.</summary>
    public required AnswerTimes Times { get; init; }

    /// <summary>
    /// The requests that were copied, as the release that answered them did: what the copies are compared with. All requests are not the same, for they have other
    /// methods and larger bodies among them.
    /// </summary>
    public required AnswerTimes Originals { get; init; }
}
