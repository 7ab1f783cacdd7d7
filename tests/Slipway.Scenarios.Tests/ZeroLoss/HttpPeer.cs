using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Scenarios.Tests.ZeroLoss;

/// <summary>
/// One keep-alive connection of HTTP/1.1 by hand. A client library would repeat a request whose connection was closed, and nobody would hear of it.
/// </summary>
sealed class HttpPeer : IDisposable
{
    readonly NetworkStream _stream;
    readonly byte[] _buffer = new byte[64 * 1024];
    int _start;
    int _end;

    HttpPeer(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    public static async Task<HttpPeer> Connect(string address, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(address), cancel);
        return new HttpPeer(socket);
    }

    /// <summary>The last answer said that it is the last one of this connection.</summary>
    public bool IsOver { get; private set; }

    public ValueTask Send(string text, CancellationToken cancel) => _stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancel);

    /// <param name="pause">Between parts of the body that come one by one.</param>
    /// <param name="part">How much of the body is read at once.</param>
    public async Task<HttpAnswer> Receive(CancellationToken cancel, TimeSpan pause = default, int part = 64 * 1024)
    {
        var status = int.Parse((await Line(cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await Line(cancel) is { Length: > 0 } line) headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        IsOver = headers.TryGetValue("Connection", out var connection) && connection.Contains("close", StringComparison.OrdinalIgnoreCase);
        var body = new MemoryStream();
        if (headers.TryGetValue("Content-Length", out var length)) await Read(int.Parse(length, CultureInfo.InvariantCulture), body, pause, part, cancel);
        else
            while (int.Parse(await Line(cancel), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var chunk)
            {
                await Read(chunk, body, pause, part, cancel);
                await Line(cancel);
                if (chunk == 0) break;
            }
        return new HttpAnswer(status, headers.GetValueOrDefault("X-Version"), Encoding.ASCII.GetString(body.ToArray()));
    }

    public void Dispose() => _stream.Dispose();

    async Task<string> Line(CancellationToken cancel)
    {
        while (true)
        {
            if (_buffer.AsSpan(_start.._end).IndexOf("\r\n"u8) is >= 0 and var at)
            {
                var line = Encoding.ASCII.GetString(_buffer.AsSpan(_start, at));
                _start += at + 2;
                return line;
            }
            await Fill(_buffer.Length, cancel);
        }
    }

    async Task Read(int length, MemoryStream body, TimeSpan pause, int part, CancellationToken cancel)
    {
        while (length > 0)
        {
            if (_start == _end)
            {
                if (pause > TimeSpan.Zero) await Task.Delay(pause, cancel);
                await Fill(part, cancel);
            }
            var taken = Math.Min(length, _end - _start);
            body.Write(_buffer, _start, taken);
            _start += taken;
            length -= taken;
        }
    }

    async Task Fill(int most, CancellationToken cancel)
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end, Math.Min(most, _buffer.Length - _end)), cancel);
        _end += read > 0 ? read : throw new EndOfStreamException("the connection was closed in the middle");
    }
}

sealed record HttpAnswer(int Status, string? Version, string Body);
