namespace Slipway.Model;

/// <summary>
/// Requests that are sent once more, to another instance, though the first one had them: of methods that may be repeated (RFC 9110, section 9.2.2), without
/// a body, before the client has a byte of the answer. What no instance took (no connection) is tried elsewhere with or without this.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>How often at most, the first time not counted.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Whether no answer is a reason: the connection ended, the answer is no HTTP, <see cref="PerTry"/> is over.</summary>
    public bool Unanswered { get; init; } = true;

    /// <summary>Answers that are a reason.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [502, 503, 504];

    public IReadOnlyList<string> Methods { get; init; } = ["GET", "HEAD", "OPTIONS"];

    /// <summary>How long an instance may take to the answer's head while another one may still be asked. Null: as long as ever.</summary>
    public TimeSpan? PerTry { get; init; }

    /// <summary>In percent of the route's requests of the last ten seconds, and one a second in any case.</summary>
    public int Budget { get; init; } = 20;
}

/// <summary>When a release of a service that keeps failing is given no requests for a while: they are answered 503 at once.</summary>
public sealed record BreakerPolicy
{
    /// <summary>In percent of the requests of a window: no answer, or one of 500 to 599.</summary>
    public int Failures { get; init; } = 50;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>With fewer in a window nothing is decided.</summary>
    public int MinRequests { get; init; } = 20;

    /// <summary>Then a few requests are let through, and how they end decides.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A gateway asks the instances itself, whatever the server knows of them: one that fails gets no requests while others pass.</summary>
public sealed record HealthPolicy
{
    /// <summary>Path, and query, of a GET.</summary>
    public required string Path { get; init; }

    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Probes in a row that must fail.</summary>
    public int Fails { get; init; } = 2;

    /// <summary>Probes in a row that must pass after that.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>Statuses that pass: from this ...</summary>
    public int StatusFrom { get; init; } = 200;

    /// <summary>... to this.</summary>
    public int StatusTo { get; init; } = 399;

    /// <summary>Where more of a release's instances fail, in percent, the checks are not believed, and all of them get requests.</summary>
    public int MaxShare { get; init; } = 100;
}
