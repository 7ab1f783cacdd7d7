using System.Buffers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Slipway.Server.Api;

/// <summary>
/// One JSON text a line, each written out at once. The head goes out before the first line, so that a client of a quiet stream knows that it
/// is connected. When the source fails midway the connection is broken off, so that no client takes a part for the whole.
/// </summary>
sealed class Ndjson<T>(IAsyncEnumerable<T> lines, JsonTypeInfo<T> type) : IResult, IEndpointMetadataProvider
{
    const string MediaType = "application/x-ndjson";

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [MediaType]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, cancel) = (httpContext.Response, httpContext.RequestAborted);
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        // A reader may pause as long as it likes (a pager); what is not read holds up only its own stream.
        if (httpContext.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        try
        {
            await response.StartAsync(cancel);
            await response.BodyWriter.FlushAsync(cancel);
            await foreach (var line in lines.WithCancellation(cancel))
            {
                await JsonSerializer.SerializeAsync(response.BodyWriter, line, type, cancel);
                response.BodyWriter.Write("\n"u8);
                await response.BodyWriter.FlushAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The reader went away: the usual end of a stream that is followed.
        }
    }
}
