using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>What was counted of the connections, or of the flows, to one service of one release. Connections are few beside requests: one counter for all processors.</summary>
sealed class StreamCounters(int release)
{
    static readonly IReadOnlyList<long> NoClasses = new long[6];

    long _begun, _failed, _received, _sent;

    public int Release { get; } = release;

    /// <summary>An instance took the connection.</summary>
    public void Begin() => Interlocked.Increment(ref _begun);

    /// <summary>No instance of the release took it.</summary>
    public void Refuse()
    {
        Interlocked.Increment(ref _begun);
        Interlocked.Increment(ref _failed);
    }

    /// <summary>One that had begun was reset by the instance.</summary>
    public void Reset() => Interlocked.Increment(ref _failed);

    public void Receive(int bytes) => Interlocked.Add(ref _received, bytes);

    public void Send(int bytes) => Interlocked.Add(ref _sent, bytes);

    public ReleaseTraffic Read(AppName app, string service, StreamProtocol protocol, bool isMatched) => new()
    {
        App = app,
        Service = service,
        Release = Release,
        Stream = protocol,
        IsMatched = isMatched,
        Requests = Interlocked.Read(ref _begun),
        Failed = Interlocked.Read(ref _failed),
        Received = Interlocked.Read(ref _received),
        Sent = Interlocked.Read(ref _sent),
        ByClass = NoClasses,
        Times = AnswerTimes.None,
    };
}
