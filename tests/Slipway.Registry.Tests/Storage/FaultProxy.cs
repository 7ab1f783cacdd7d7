using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Tests.Storage;

/// <summary>
/// Stands before a real HTTP service on the loopback and passes everything on, byte for byte with the client's own Host header, until a test lets something
/// go wrong: a refusal, a connection that breaks in the request or in the answer, a service that keeps still.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly HttpMessageInvoker _service = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None });
    readonly Uri _target;
    readonly ConcurrentQueue<ProxiedRequest> _requests = new();
    readonly List<Fault> _faults = [];
    readonly CancellationTokenSource _end = new();

    FaultProxy(Uri target, WebApplication app) => (_target, _app) = (target, app);

    /// <summary>http://127.0.0.1:PORT/ with the path of the service's own address.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What came so far, also what was not passed on.</summary>
    public IReadOnlyCollection<ProxiedRequest> Requests => _requests;

    public static async Task<FaultProxy> Start(Uri target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        var app = builder.Build();
        var proxy = new FaultProxy(target, app);
        app.Run(proxy.Handle);
        await app.StartAsync();
        proxy.Address = new Uri(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), target.PathAndQuery);
        return proxy;
    }

    /// <summary>The next requests that match are answered with the status, and do not reach the service.</summary>
    public void Refuse(int status, int times, Func<ProxiedRequest, bool>? which = null) => Add(new Fault(FaultKind.Refuse, status, times, which));

    /// <summary>The connection breaks after so many bytes of the request's body; the service sees a broken request too.</summary>
    public void CutRequest(long after, int times, Func<ProxiedRequest, bool>? which = null) => Add(new Fault(FaultKind.CutRequest, after, times, which));

    /// <summary>The service does what was asked; of its answer's body so many bytes come back, and then the connection breaks. -1: not even the status comes.</summary>
    public void CutAnswer(long after, int times, Func<ProxiedRequest, bool>? which = null) => Add(new Fault(FaultKind.CutAnswer, after, times, which));

    /// <summary>Nothing is passed on and nothing is answered, until the client gives up.</summary>
    public void Hang(int times, Func<ProxiedRequest, bool>? which = null) => Add(new Fault(FaultKind.Hang, 0, times, which));

    /// <summary>All is well again.</summary>
    public void Mend()
    {
        lock (_faults) _faults.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
        _service.Dispose();
        _end.Dispose();
    }

    void Add(Fault fault)
    {
        lock (_faults) _faults.Add(fault);
    }

    Fault? Take(ProxiedRequest request)
    {
        lock (_faults)
        {
            if (_faults.Find(fault => fault.Times > 0 && (fault.Which?.Invoke(request) ?? true)) is not { } found) return null;
            found.Times--;
            return found;
        }
    }

    async Task Handle(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new ProxiedRequest(context.Request.Method, raw, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        _requests.Enqueue(request);
        var fault = Take(request);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        try
        {
            switch (fault?.Kind)
            {
                case FaultKind.Refuse:
                    await context.Request.Body.CopyToAsync(Stream.Null, end.Token);
                    context.Response.StatusCode = (int)fault.Value;
                    return;
                case FaultKind.Hang:
                    await Task.Delay(Timeout.Infinite, end.Token);
                    return;
                default:
                    await Pass(context, request, fault, end.Token);
                    return;
            }
        }
        catch (Exception broken) when (broken is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
    }

    async Task Pass(HttpContext context, ProxiedRequest request, Fault? fault, CancellationToken cancel)
    {
        var uri = new Uri($"{_target.Scheme}://{_target.Authority}{request.Target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), uri) { Version = HttpVersion.Version11 };
        if (context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0)
            message.Content = new StreamContent(fault?.Kind == FaultKind.CutRequest ? new BreakingStream(context.Request.Body, fault.Value) : context.Request.Body);
        foreach (var header in context.Request.Headers)
        {
            if (header.Key.Equals("Expect", StringComparison.OrdinalIgnoreCase)) continue;
            if (!message.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value)) message.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
        }
        using var answer = await _service.SendAsync(message, cancel);
        var cut = fault?.Kind == FaultKind.CutAnswer ? fault.Value : long.MaxValue;
        if (cut < 0)
        {
            // It has done what was asked when its answer is whole.
            await answer.Content.CopyToAsync(Stream.Null, cancel);
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var header in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
            if (!header.Key.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)) context.Response.Headers[header.Key] = header.Value.ToArray();
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[64 << 10];
        while (cut > 0 && await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, cut)), cancel) is var read and > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), cancel);
            cut -= read;
        }
        if (fault?.Kind != FaultKind.CutAnswer) return;
        await context.Response.Body.FlushAsync(cancel);
        context.Abort();
    }

    enum FaultKind
    {
        Refuse,
        CutRequest,
        CutAnswer,
        Hang,
    }

    sealed class Fault(FaultKind kind, long value, int times, Func<ProxiedRequest, bool>? which)
    {
        public FaultKind Kind => kind;

        public long Value => value;

        public int Times { get; set; } = times;

        public Func<ProxiedRequest, bool>? Which => which;
    }

    /// <summary>Ends in an error after so many bytes.</summary>
    sealed class BreakingStream(Stream inner, long left) : Stream
    {
        long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left <= 0) throw new IOException("cut by the test");
            var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <param name="Target">Path and query as they were sent.</param>
public sealed record ProxiedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers);
