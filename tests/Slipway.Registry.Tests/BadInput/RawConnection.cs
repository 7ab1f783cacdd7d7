using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Registry.Tests.BadInput;

/// <summary>A connection over which anything may be sent, also what no HTTP client would.</summary>
sealed class RawConnection : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly TcpClient _client = new() { NoDelay = true };
    NetworkStream _stream = null!;
    byte[] _read = [];

    public static async Task<RawConnection> To(RegistryHost host, int receiveBuffer = 0)
    {
        var connection = new RawConnection();
        if (receiveBuffer > 0) connection._client.ReceiveBufferSize = receiveBuffer;
        await connection._client.ConnectAsync(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <summary>Sends one request on a connection of its own and returns the answer; null where the server only closed.</summary>
    public static async Task<RawResponse?> Exchange(RegistryHost host, string request, byte[]? body = null)
    {
        await using var connection = await To(host);
        try
        {
            await connection.Send(Encoding.Latin1.GetBytes(request));
            if (body is not null) await connection.Send(body);
        }
        catch (IOException)
        {
            // Refused before all of it was sent: the answer may still be read.
        }
        return await connection.Response();
    }

    public Task Send(string text) => Send(Encoding.Latin1.GetBytes(text));

    public Task Send(byte[] bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    public void EndSending()
    {
        try
        {
            _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has closed already.
        }
    }

    /// <summary>The next answer: its head, and the body by its Content-Length. Null where the connection ends before.</summary>
    public async Task<RawResponse?> Response(bool head = false)
    {
        int end;
        while ((end = _read.AsSpan().IndexOf("\r\n\r\n"u8)) < 0)
            if (!await ReadMore()) return null;
        var lines = Encoding.Latin1.GetString(_read, 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToLookup(pair => pair[0], pair => pair.Length > 1 ? pair[1] : "", StringComparer.OrdinalIgnoreCase);
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var length = head || status < 200 ? 0 : int.Parse(headers["Content-Length"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        while (_read.Length < end + 4 + length)
            if (!await ReadMore()) return null;
        var body = Encoding.UTF8.GetString(_read, end + 4, length);
        _read = _read[(end + 4 + length)..];
        return new RawResponse(status, headers, body);
    }

    /// <summary>Bytes until the server closes.</summary>
    public async Task<long> ReadToEnd()
    {
        long all = _read.Length;
        _read = [];
        while (await ReadMore())
        {
            all += _read.Length;
            _read = [];
        }
        return all;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<bool> ReadMore()
    {
        var buffer = new byte[64 << 10];
        try
        {
            var read = await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            _read = [.. _read, .. buffer.AsSpan(0, read)];
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

sealed record RawResponse(int Status, ILookup<string, string> Headers, string Body);
