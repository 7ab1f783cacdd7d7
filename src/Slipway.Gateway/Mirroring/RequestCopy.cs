using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Transport;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Mirroring;

/// <summary>
/// The copy of one request. The head is taken while the request is there, a body as it goes by; what is sent is sent by another thread than the one that serves
/// the client, and the answer is read and dropped.
/// <code>
///   new ─┬─ no body ────────────────────────► Send ─► Run ─► counted
///        └─ Add, Add … ─┬─ the body is whole ─► Send
///                       └─ too large, or it never came whole ─► Drop ─► counted as dropped
/// </code>
/// </summary>
sealed class RequestCopy : IThreadPoolWorkItem
{
    /// <summary>Bytes of a body; a larger one is not copied.</summary>
    public const int MaxBody = 256 * 1024;

    /// <summary>Bytes of an answer; of a larger one the rest is not read.</summary>
    internal const long MaxAnswer = 8 * 1024 * 1024;

    internal static readonly TimeSpan WholeLimit = TimeSpan.FromSeconds(30);

    readonly CompiledMirror _mirror;
    readonly Switchboard _switchboard;
    readonly TimeSpan _connectLimit, _answerLimit;
    readonly bool _isHead, _hasBody, _isRepeatable;
    readonly HeadBuffer _head = new();
    byte[] _body = [];
    int _headLength, _bodyLength;
    long _started;

    public RequestCopy(CompiledMirror mirror, Switchboard switchboard, GatewayOptions options, Exchange exchange)
    {
        (_mirror, _switchboard, _hasBody) = (mirror, switchboard, exchange.HasBody);
        // Those of the request: what would be an answer to it in time is one to its copy.
        var timeouts = mirror.Timeouts;
        (_connectLimit, _answerLimit) = (timeouts?.Connect ?? options.ConnectTimeout, timeouts?.Answer ?? options.AnswerTimeout);
        _isHead = exchange.Request.Method == "HEAD";
        _isRepeatable = _isHead || exchange.Request.Method is "GET" or "OPTIONS";
        var writer = new HeadWriter(_head);
        RequestHead.WriteCopy(exchange, ref writer, mirror.Cookie);
        _headLength = writer.Length;
    }

    /// <summary>A piece of the body has gone to the instance that answers the client.</summary>
    /// <returns>False: it is too large, and the copy is dropped.</returns>
    public bool Add(ReadOnlySpan<byte> piece)
    {
        if (!Reserve(piece.Length)) return false;
        piece.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += piece.Length;
        return true;
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{byte})"/>
    public bool Add(ReadOnlySequence<byte> piece)
    {
        var length = (int)piece.Length;
        if (!Reserve(length)) return false;
        piece.CopyTo(_body.AsSpan(_bodyLength));
        _bodyLength += length;
        return true;
    }

    bool Reserve(int length)
    {
        if (_bodyLength + length > MaxBody)
        {
            Drop();
            return false;
        }
        if (_body.Length - _bodyLength < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bodyLength + length, Math.Min(2 * _body.Length, MaxBody)));
            _body.AsSpan(0, _bodyLength).CopyTo(larger);
            if (_body.Length > 0) ArrayPool<byte>.Shared.Return(_body);
            _body = larger;
        }
        return true;
    }

    /// <summary>The request is whole. From here on how it is answered is compared with how the copy is.</summary>
    public void Send(Exchange exchange)
    {
        exchange.Copied = _mirror.Counters;
        _started = Stopwatch.GetTimestamp();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>It never will be.</summary>
    public void Drop()
    {
        _mirror.Counters.CountDropped();
        Release();
    }

    public void Execute() => _ = Run();

    async Task Run()
    {
        List<InstanceState>? tried = null;
        try
        {
            while (_mirror.Enter(_switchboard, tried) is { } instance)
            {
                try
                {
                    var end = instance.Protocol is null ? await Ask(instance, fresh: false) : await AskByClient(instance.Client());
                    // A kept connection that the instance had closed meanwhile says nothing about the release.
                    if (end.IsStale && _isRepeatable) end = await Ask(instance, fresh: true);
                    // Another one is asked, as for a client: one of several instances that is not there fails no request.
                    if (!end.IsRefused)
                    {
                        // Before it is counted out: who sees nothing in flight sees the count too.
                        if (end.IsStale) _mirror.Counters.CountDropped();
                        else Count(end.Status, !end.IsWhole);
                        return;
                    }
                }
                finally
                {
                    instance.Leave();
                }
                (tried ??= []).Add(instance);
            }
            if (tried is not null) Count(0, failed: true);
            // By a table that is served by no more.
            else _mirror.Counters.CountDropped();
        }
        finally
        {
            Release();
        }
    }

    void Count(int status, bool failed) => _mirror.Counters.Count(status, Stopwatch.GetTimestamp() - _started, failed);

    /// <summary>The handler may hold a body for longer than the answer is read: it gets one of its own.</summary>
    async Task<CopyEnd> AskByClient(UpstreamClient client)
    {
        using var message = ClientRequest.OfCopy(_head.Out.AsSpan(0, _headLength), client, _hasBody ? new ByteArrayContent(_body.AsSpan(0, _bodyLength).ToArray()) : null);
        return await ClientCopy.Ask(client, message, _connectLimit, _answerLimit);
    }

    async Task<CopyEnd> Ask(InstanceState instance, bool fresh)
    {
        if ((fresh ? null : instance.Connections.Rent()) is not { } connection)
        {
            connection = new UpstreamConnection(PlainUpstreamSocket.Open(instance.Address), instance.Connections);
            instance.Connections.Add(connection);
        }
        var (answer, isConnected, isKept, isWhole, received) = (new CopyAnswer(_isHead), connection.Reused, false, false, false);
        try
        {
            if (!isConnected)
            {
                connection.Arm(_connectLimit);
                await connection.Socket.ConnectAsync(instance.Address);
                isConnected = connection.Disarm();
            }
            connection.Arm(_answerLimit);
            await Send(connection);
            var state = HeadState.Incomplete;
            while (state == HeadState.Incomplete && connection.MakeRoom() && await Receive(connection) > 0)
            {
                received = true;
                state = answer.ReadHead(connection);
            }
            if (state == HeadState.Complete && connection.Disarm())
            {
                connection.Arm(WholeLimit);
                isWhole = await Drain(answer, connection);
                isKept = connection.Disarm() && isWhole && answer is { KeepAlive: true, IsOver: true } && !connection.IsAborted && connection.Received.IsEmpty;
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // An answer that went on for longer than is waited for is an answer: a stream has no end.
            isWhole = connection.TimedOut && answer.IsHeadRead;
        }
        finally
        {
            if (isKept) instance.Connections.Return(connection);
            else connection.Dispose();
        }
        return new CopyEnd(answer.Status, isWhole, IsStale: !isKept && connection.Reused && !received && !connection.TimedOut, IsRefused: !isConnected);
    }

    async Task Send(UpstreamConnection connection)
    {
        var writer = new HeadWriter(connection);
        writer.Write(_head.Out.AsSpan(0, _headLength));
        if (_hasBody) writer.WriteLine("Content-Length", _bodyLength.ToString(CultureInfo.InvariantCulture));
        writer.Write("\r\n"u8);
        var length = writer.Length;
        for (var sent = 0; sent < length;) sent += await connection.Socket.SendAsync(connection.Out.AsMemory(sent, length - sent));
        for (var sent = 0; sent < _bodyLength;) sent += await connection.Socket.SendAsync(_body.AsMemory(sent, _bodyLength - sent));
    }

    static async ValueTask<int> Receive(UpstreamConnection connection)
    {
        var received = await connection.Receive();
        connection.End += received;
        if (connection.IsTurnOver(received)) await Task.Yield();
        return received;
    }

    /// <returns>Whether the answer came whole, or as much of it as is read at all.</returns>
    static async Task<bool> Drain(CopyAnswer answer, UpstreamConnection connection)
    {
        for (var read = 0L; ;)
        {
            switch (answer.Take(connection))
            {
                case CopyStep.Over: return true;
                case CopyStep.Invalid: return false;
            }
            if (read > MaxAnswer) return true;
            if (!connection.MakeRoom()) return false;
            var more = await Receive(connection);
            if (more == 0) return answer.EndsWithConnection;
            read += more;
        }
    }

    void Release()
    {
        _head.ReturnOut();
        if (_body.Length > 0) ArrayPool<byte>.Shared.Return(_body);
        _body = [];
        _mirror.Counters.End();
    }
}
