using Grpc.Core;
using Grpc.Net.Client;
using System.Net.Sockets;

namespace Slipway.Gateway.Tests.Upstreams;

/// <summary>A gRPC client whose channel goes to the gateway.</summary>
sealed class GrpcClient : IDisposable
{
    readonly GrpcChannel _channel;
    readonly CallInvoker _calls;

    public GrpcClient(TestGateway gateway, string host = "app.test")
    {
        _channel = GrpcChannel.ForAddress($"http://{host}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                EnableMultipleHttp2Connections = true,
                ConnectCallback = async (_, cancel) => new NetworkStream(await gateway.Connect(cancel), ownsSocket: true),
            },
            DisposeHttpClient = true,
        });
        _calls = _channel.CreateCallInvoker();
    }

    public AsyncUnaryCall<string> Say(string text, CallOptions options = default) => _calls.AsyncUnaryCall(EchoGrpc.SayMethod, null, options, text);

    public AsyncServerStreamingCall<string> Count(string text, CallOptions options = default) => _calls.AsyncServerStreamingCall(EchoGrpc.CountMethod, null, options, text);

    public AsyncClientStreamingCall<string, string> Join() => _calls.AsyncClientStreamingCall(EchoGrpc.JoinMethod, null, default);

    public AsyncDuplexStreamingCall<string, string> Talk() => _calls.AsyncDuplexStreamingCall(EchoGrpc.TalkMethod, null, default);

    public void Dispose() => _channel.Dispose();
}
