using Grpc.Core;

namespace Slipway.Gateway.Tests.Upstreams;

/// <summary>What the server looks for: a base with the methods, and a class that has them.</summary>
[BindServiceMethod(typeof(EchoGrpcBase), nameof(Bind))]
abstract class EchoGrpcBase
{
    public static void Bind(ServiceBinderBase binder, EchoGrpcBase? service)
    {
        // The server finds the methods by their names.
        binder.AddMethod(EchoGrpc.SayMethod, (UnaryServerMethod<string, string>)null!);
        binder.AddMethod(EchoGrpc.CountMethod, (ServerStreamingServerMethod<string, string>)null!);
        binder.AddMethod(EchoGrpc.JoinMethod, (ClientStreamingServerMethod<string, string>)null!);
        binder.AddMethod(EchoGrpc.TalkMethod, (DuplexStreamingServerMethod<string, string>)null!);
    }

    public abstract Task<string> Say(string request, ServerCallContext context);

    public abstract Task Count(string request, IServerStreamWriter<string> into, ServerCallContext context);

    public abstract Task<string> Join(IAsyncStreamReader<string> from, ServerCallContext context);

    public abstract Task Talk(IAsyncStreamReader<string> from, IServerStreamWriter<string> into, ServerCallContext context);
}

/// <summary>A gRPC service whose messages are texts. What it says is decided by the test.</summary>
sealed class EchoGrpc(EchoGrpc.Behaviour behaviour) : EchoGrpcBase
{
    public static Method<string, string> SayMethod { get; } = New(MethodType.Unary, nameof(Say));
    public static Method<string, string> CountMethod { get; } = New(MethodType.ServerStreaming, nameof(Count));
    public static Method<string, string> JoinMethod { get; } = New(MethodType.ClientStreaming, nameof(Join));
    public static Method<string, string> TalkMethod { get; } = New(MethodType.DuplexStreaming, nameof(Talk));

    public override Task<string> Say(string request, ServerCallContext context) => behaviour.Say(request, context);

    public override Task Count(string request, IServerStreamWriter<string> into, ServerCallContext context) => behaviour.Count(request, into, context);

    public override Task<string> Join(IAsyncStreamReader<string> from, ServerCallContext context) => behaviour.Join(from);

    public override Task Talk(IAsyncStreamReader<string> from, IServerStreamWriter<string> into, ServerCallContext context) => behaviour.Talk(from, into);

    static Method<string, string> New(MethodType type, string name) => new(type, "test.Echo", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    public sealed class Behaviour
    {
        public Func<string, ServerCallContext, Task<string>> Say { get; init; } = (request, _) => Task.FromResult(request);

        public Func<IAsyncStreamReader<string>, Task<string>> Join { get; init; } = async from =>
        {
            var all = "";
            while (await from.MoveNext()) all += from.Current;
            return all;
        };

        public Func<IAsyncStreamReader<string>, IServerStreamWriter<string>, Task> Talk { get; init; } = async (from, into) =>
        {
            while (await from.MoveNext()) await into.WriteAsync($"heard {from.Current}");
        };

        public Func<string, IServerStreamWriter<string>, ServerCallContext, Task> Count { get; init; } = async (request, into, _) =>
        {
            for (var i = 0; i < int.Parse(request, System.Globalization.CultureInfo.InvariantCulture); i++) await into.WriteAsync($"{i}");
        };
    }
}
