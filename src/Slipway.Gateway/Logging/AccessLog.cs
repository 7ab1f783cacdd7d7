using Microsoft.Extensions.Logging;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Logging;

/// <summary>
/// One line for each request. A request only copies its line into memory: blocks of it are taken to the file by a thread of its own, and where that thread
/// falls behind (a slow or full disk) lines are dropped and counted. Nothing ever waits for the disk.
/// <code>
///   requests --copy--> filling block --full, or a second old--> queue (at most 64 blocks) --writer--> access.log --by size--> access.log.1 ... .N
/// </code>
/// </summary>
sealed partial class AccessLog : IDisposable
{
    const int BlockSize = 64 * 1024, BlockCount = 64;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    [ThreadStatic] static byte[]? _line;

    readonly Lock _gate = new();
    readonly Stack<byte[]> _free = new();
    readonly Queue<Block> _full = new();
    readonly AutoResetEvent _wake = new(false);
    readonly RotatingFile _file;
    readonly AccessLogFormat _format;
    readonly TimeProvider _time;
    readonly ILogger<AccessLog> _log;
    readonly Thread _writer;
    byte[] _filling = new byte[BlockSize];
    int _length, _lines, _made = 1;
    long _dropped, _toldOf;
    volatile bool _stopping;

    public AccessLog(AccessLogFormat format, RotatingFile file, TimeProvider time, ILogger<AccessLog> log)
    {
        (_format, _file, _time, _log) = (format, file, time, log);
        _writer = new Thread(Run) { IsBackground = true, Name = "access log" };
        _writer.Start();
    }

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Write(Exchange exchange, Exception? failed)
    {
        var line = _line ??= new byte[LogLine.MaxLength];
        Append(line, LogLine.Format(line, _format, exchange, failed, _time.GetUtcNow()));
    }

    /// <summary>A connection or flow that has ended.</summary>
    public void Write(in StreamRecord record)
    {
        var line = _line ??= new byte[LogLine.MaxLength];
        Append(line, StreamLine.Format(line, _format, record, _time.GetUtcNow()));
    }

    void Append(byte[] line, int length)
    {
        lock (_gate)
        {
            if (_length + length > BlockSize && !Turn())
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            line.AsSpan(0, length).CopyTo(_filling.AsSpan(_length));
            _length += length;
            _lines++;
        }
    }

    /// <summary>Writes what there is, and returns when it is written.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _writer.Join();
        _wake.Dispose();
        _file.Dispose();
    }

    /// <summary>Within the gate: the block is full (or old enough), the next one is begun. False: there is none.</summary>
    bool Turn()
    {
        if (!_free.TryPop(out var next))
        {
            if (_made == BlockCount) return false;
            next = new byte[BlockSize];
            _made++;
        }
        _full.Enqueue(new Block(_filling, _length, _lines));
        (_filling, _length, _lines) = (next, 0, 0);
        _wake.Set();
        return true;
    }

    void Run()
    {
        while (true)
        {
            _wake.WaitOne(Patience);
            var last = _stopping;
            while (Take() is { } block)
            {
                Store(block);
                lock (_gate) _free.Push(block.Bytes);
            }
            Tell();
            if (last) return;
        }
    }

    Block? Take()
    {
        lock (_gate)
        {
            if (_full.Count == 0 && (_length == 0 || !Turn())) return null;
            return _full.Dequeue();
        }
    }

    void Store(Block block)
    {
        try
        {
            _file.Append(block.Bytes.AsSpan(0, block.Length));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _dropped, block.Lines);
            LogFailed(_file.Path, failed.Message);
        }
    }

    void Tell()
    {
        var dropped = Dropped;
        if (dropped == _toldOf) return;
        LogDropped(dropped - _toldOf, dropped);
        _toldOf = dropped;
    }

    readonly record struct Block(byte[] Bytes, int Length, int Lines);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The access log {File} can't be written: {Reason}")]
    partial void LogFailed(string file, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{More} lines of the access log were dropped because the disk was too slow, {All} since the start")]
    partial void LogDropped(long more, long all);
}
