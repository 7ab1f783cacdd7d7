using System.Net;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Upstreams;

/// <summary>The client's body on its way to an instance, as it comes: whoever streams both ways must be heard while he still speaks.</summary>
/// <param name="sent">Called when all of it is gone.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2213", Justification = "Without timers and wait handles there is nothing to dispose of, and the handler disposes of a body before it is stopped.")]
sealed class ClientRequestBody(Exchange exchange, Action sent) : HttpContent
{
    readonly Lock _gate = new();
    readonly CancellationTokenSource _stop = new();
    Task _pump = Task.CompletedTask;
    bool _closed;

    /// <summary>ClientGone or ClientFault where the client's side broke.</summary>
    public Outcome? Failed { get; private set; }

    /// <summary>Returns when nobody reads the client's body any more; what is left of it stays.</summary>
    public async ValueTask Stop()
    {
        Task pump;
        lock (_gate)
        {
            _closed = true;
            pump = _pump;
        }
        if (!pump.IsCompleted)
        {
            exchange.BodyReader.CancelPendingRead();
            // The handler's own end does not reach a body that is sent beside its answer: an instance that reads no further would be waited for for ever.
            await _stop.CancelAsync();
        }
        await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = exchange.Request.Headers.ContentLength ?? 0;
        return exchange.Request.Headers.ContentLength is not null;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <summary>Called again where the first connection turned out to take no more requests.</summary>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_closed) return Task.FromException(new IOException("The request is over."));
            return _pump = Send(_pump, stream, cancellationToken);
        }
    }

    async Task Send(Task before, Stream stream, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        await Pump(before, stream, end.Token);
    }

    async Task Pump(Task before, Stream stream, CancellationToken cancel)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (exchange.BodyConsumed) throw new IOException("A part of the body is gone: the request can't be sent again.");
        var reader = exchange.BodyReader;
        while (true)
        {
            System.IO.Pipelines.ReadResult read;
            try
            {
                if (!reader.TryRead(out read))
                {
                    // The head, or the last message: nothing lies here while we wait.
                    await stream.FlushAsync(cancel);
                    read = await reader.ReadAsync(cancel);
                }
            }
            catch (BadHttpRequestException fault)
            {
                exchange.Fault = fault;
                Failed = Outcome.ClientFault;
                throw;
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                if (exchange.ClientIsGone) Failed = Outcome.ClientGone;
                throw;
            }
            var taken = 0L;
            try
            {
                if (!read.IsCanceled)
                    foreach (var piece in read.Buffer)
                    {
                        exchange.BodyConsumed = true;
                        taken += piece.Length;
                        await stream.WriteAsync(piece, cancel);
                        if (exchange.Copy is { } copy && !copy.Add(piece.Span)) exchange.Copy = null;
                    }
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.GetPosition(taken));
            }
            if (read.IsCompleted && !read.IsCanceled) break;
            lock (_gate)
                if (_closed) throw new IOException("The request is over.");
        }
        if (exchange.Copy is { } whole)
        {
            exchange.Copy = null;
            whole.Send(exchange);
        }
        sent();
    }
}
