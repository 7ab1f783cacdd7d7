using Slipway.Model;

namespace Slipway.Engines;

/// <summary>
/// An engine that runs workloads: a Docker Engine; Swarm, Kubernetes and Mesos come behind the same calls.
/// Strategy lives above it: an engine only starts, scales, observes and stops.
/// <para>
/// Lifecycle: made once, used until the process ends; every call stands alone and finds what it needs by labels, so that a server with an empty
/// memory finds everything it owns. Thread safety: all calls may run at the same time, also for one app; calls for one workload are made by one
/// caller at a time. Idempotence: each call may be repeated after a crash at any point and then ends in the same state.
/// Cancellation: a cancelled call stops early; what it had done stays and is found by the next one.
/// </para>
/// Errors: <see cref="EngineUnavailableException"/> when no engine answers, <see cref="EngineException"/> when it refuses.
/// </summary>
public interface IEngine
{
    /// <summary>docker, swarm, kubernetes or mesos.</summary>
    string Kind { get; }

    /// <summary>Version, API version and what the machine has; also the check that it answers at all.</summary>
    Task<EngineStatus> Status(CancellationToken cancel);

    /// <summary>
    /// Brings the image onto the engine where it is not there yet, and says what it exposes.
    /// </summary>
    /// <param name="image">A reference that the engine can pull, with a digest.</param>
    Task<ImageFacts> Prepare(string image, CancellationToken cancel);

    /// <summary>
    /// The files below a folder of an image, as a tar stream whose names begin with ./ ; nothing of the image is started. Brings the image onto the engine where it
    /// is not there. (Docker makes a container, never starts it, and removes it.)
    /// </summary>
    /// <param name="image">As for <see cref="Prepare"/>.</param>
    /// <param name="folder">Absolute path. Links in it lead to where they lead in the image, never to this machine.</param>
    /// <param name="read">Reads the stream; what it throws is thrown on.</param>
    /// <exception cref="EngineException">404: there is no such folder.</exception>
    Task ReadImage(string image, string folder, Func<Stream, CancellationToken, Task> read, CancellationToken cancel);

    /// <summary>
    /// Makes what is missing of the workload: networks, volumes, instances 1 to <see cref="Workload.Replicas"/>; starts those that are created or exited;
    /// attaches running ones to networks of the workload that they are not in, and detaches them from slot networks that it no longer names.
    /// Running instances are otherwise left alone, also ones above the count: only <see cref="Stop"/> takes an instance away.
    /// Returns when they were started, not when they are ready.
    /// </summary>
    Task Apply(Workload workload, CancellationToken cancel);

    /// <summary>
    /// Makes the one instance of a job, with the networks and volumes that it needs, and does not start it. No error where one of its name and hash is
    /// there, in whatever state: it is left as it is. (A Kubernetes Job is made suspended.)
    /// </summary>
    /// <param name="job">A workload with <see cref="Workload.Job"/>.</param>
    Task Make(Workload job, CancellationToken cancel);

    /// <summary>
    /// Starts an instance that <see cref="Make"/> made and that was never started. One that runs, or ran, is left as it is, so that no job runs twice.
    /// No error when it is gone.
    /// </summary>
    Task StartOnce(string instance, CancellationToken cancel);

    /// <summary>Every instance that Slipway made, running or not, of one app or of all.</summary>
    Task<IReadOnlyList<Instance>> Observe(AppName? app, CancellationToken cancel);

    /// <summary>
    /// Sends the stop signal, waits for the instance's grace period, then kills; the instance stays, with its logs, as exited.
    /// No error when it is gone or exited.
    /// </summary>
    Task Stop(string instance, CancellationToken cancel);

    /// <summary>Removes an instance, running or not, with its anonymous volumes. No error when it is gone.</summary>
    Task Remove(string instance, CancellationToken cancel);

    /// <summary>
    /// Removes the app's slot networks in which nothing is attached (all of them, or those of one slot), and its named volumes when asked.
    /// External networks and volumes, and those of other apps, are never touched.
    /// </summary>
    Task Sweep(AppName app, Slot? slot, bool volumes, CancellationToken cancel);

    /// <summary>What an instance wrote, oldest first; with <see cref="LogQuery.Follow"/> until it is removed or the call is cancelled.</summary>
    IAsyncEnumerable<LogLine> Logs(Instance instance, LogQuery query, CancellationToken cancel);

    /// <summary>
    /// Something about an instance changed; a hint to observe anew, never the state itself. Ends when the connection to the engine breaks;
    /// the caller calls again.
    /// </summary>
    IAsyncEnumerable<EngineEvent> Watch(CancellationToken cancel);
}

public sealed record EngineStatus
{
    /// <summary>Docker Engine 20.10.24</summary>
    public required string Version { get; init; }

    public required string ApiVersion { get; init; }

    public required string OperatingSystem { get; init; }

    public required int Cpus { get; init; }

    /// <summary>Bytes.</summary>
    public required long Memory { get; init; }

    /// <summary>The folder in which the engine keeps images and volumes, where it says so.</summary>
    public string? DataFolder { get; init; }

    /// <summary>How it is reached: unix:///var/run/docker.sock</summary>
    public required string Address { get; init; }
}

/// <summary>What an image says of itself.</summary>
public sealed record ImageFacts
{
    /// <summary>The engine's identifier.</summary>
    public required string Id { get; init; }

    /// <summary>EXPOSEd TCP ports, ascending.</summary>
    public IReadOnlyList<int> TcpPorts { get; init; } = [];

    /// <summary>Paths that the image declares as VOLUME.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public bool HasHealthCheck { get; init; }

    /// <summary>Names with a tag under which the engine has it: debian:bookworm-slim.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Names with the digest of its manifest in that registry; empty for an image that was never pulled or pushed.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>amd64, arm64 ...</summary>
    public string Architecture { get; init; } = "";

    /// <summary>linux or windows.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>Bytes of its layers, unpacked.</summary>
    public long Size { get; init; }
}

public sealed record LogQuery
{
    public bool Follow { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>Only the last so many lines; null for all.</summary>
    public int? Tail { get; init; }
}

/// <param name="Action">start, die, health_status: healthy, oom, destroy ... in Docker's words.</param>
public sealed record EngineEvent(AppName App, string Instance, string Action);

/// <summary>No engine answers at its address. The message says which, and what to do.</summary>
public sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The engine refused a request or failed at it. The message is what it said, with the request.</summary>
public sealed class EngineException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>HTTP status, or 0 where the failure came inside a stream that had begun well.</summary>
    public int Status { get; } = status;
}
