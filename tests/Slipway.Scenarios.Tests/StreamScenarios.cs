using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Slipway.Scenarios.Tests;

/// <summary>A version is replaced, and the old one removed, while answers of it are open that take longer than the switch.</summary>
public sealed class StreamScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task BlueGreen_WebSocketsAreToldGoodbye_AndStreamsGoOnToTheirEnd_BeforeTheOldVersionIsRemoved()
    {
        using var app = new TestApp("blue-green");
        var release = "strategy: blue-green, port: 5000, drain: {requests: 60s, websockets: 2s}, keep: {warm: 0s}";
        app.Compose = $$"""
            services:
              web:
                build: .
                command: [python3, streams.py, web]
                x-release: { {{release}}, ready: {http: /up, every: 200ms} }
              stream:
                build: .
                command: [python3, streams.py, h2c]
                x-release: { {{release}}, protocol: h2c }
            """;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Streams", "streams.py"), Path.Combine(app.Folder, "streams.py"));
        await slipway.Deployed(app);
        await slipway.Deployed(app.Become("2"));

        using var visitor = slipway.Visitor();
        using var streams = Http2Visitor();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{app.Host}/ws"), visitor, CancellationToken.None);
        (await Say(socket, "before")).ShouldBe("1: before");
        var events = Lines(visitor, $"http://{app.Host}/events");
        var stream = Lines(streams, $"http://stream.{app.Name}.localhost/");
        await SlipwayProcess.Until(() => Task.FromResult(events.Seen.Count > 0 && stream.Seen.Count > 0), "what is streamed");

        var promoting = slipway.Do("promote", app.Name);
        await SlipwayProcess.Until(async () => await visitor.GetStringAsync($"http://{app.Host}/") == "2", "version 2");
        (events.Ended.IsCompleted, stream.Ended.IsCompleted).ShouldBe((false, false), "the switch came too late to say anything");

        // What is said before the goodbye is still heard by the old version.
        var goodbye = await socket.ReceiveAsync(new byte[125], CancellationToken.None);
        goodbye.MessageType.ShouldBe(WebSocketMessageType.Close);
        ((int)socket.CloseStatus!).ShouldBe(1001);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        using (var again = new ClientWebSocket())
        {
            await again.ConnectAsync(new Uri($"ws://{app.Host}/ws"), visitor, CancellationToken.None);
            (await Say(again, "again")).ShouldBe("2: again");
            await again.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        await Task.WhenAll(events.Ended, stream.Ended);
        events.Seen.Where(line => line.Length > 0).ShouldBe([.. Enumerable.Range(0, 120).Select(tick => $"data: 1 {tick}"), "data: end"]);
        stream.Seen.ShouldBe([.. Enumerable.Range(0, 120).Select(tick => $"1 {tick}"), "end"]);
        await promoting;
        await SlipwayProcess.Until(async () => (await slipway.List($"apps/{app.Name}/instances")).Count == 2, "the old version's end");
    }

    static async Task<string> Say(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[125];
        var got = await socket.ReceiveAsync(buffer, CancellationToken.None);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }

    static (List<string> Seen, Task Ended) Lines(HttpClient client, string address)
    {
        var seen = new List<string>();
        return (seen, Task.Run(async () =>
        {
            using var reader = new StreamReader(await client.GetStreamAsync(new Uri(address)));
            while (await reader.ReadLineAsync() is { } line) seen.Add(line);
        }));
    }

    HttpClient Http2Visitor() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPEndPoint.Parse(slipway.Gateway), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
