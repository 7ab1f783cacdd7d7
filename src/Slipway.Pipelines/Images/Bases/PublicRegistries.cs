using System.Collections.Concurrent;
using System.Security.Authentication;
using System.Text.Json.Serialization;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Pipelines.Images.Bases;

/// <summary>
/// Pulls from registries that are not ours, without making anybody wait where there is none: an engine can take minutes to give up on a registry,
/// so it is asked only after the registry has answered us in time.
/// </summary>
internal sealed class PublicRegistries(DockerClient client, DockerImages images, ImageOptions options, TimeProvider time) : IDisposable
{
    static readonly TimeSpan PullTime = TimeSpan.FromMinutes(10);

    /// <summary>A registry that did not answer is not asked again for each image of a build.</summary>
    static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(30);

    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    readonly ConcurrentDictionary<string, (DateTimeOffset Until, string Reason)> _silent = new(StringComparer.Ordinal);

    /// <exception cref="BaseImageException">It does not answer, does not have the image, or takes too long.</exception>
    public async Task Pull(ImageReference reference, CancellationToken cancel)
    {
        // An engine with a proxy or a mirror of its own may reach what we can't.
        if (!await HasWayOfItsOwn(cancel)) await RequireAnswer(Host(reference.Registry), cancel);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(PullTime);
        try
        {
            await images.Pull(reference.ToString(), null, bound.Token);
        }
        catch (EngineException refused) when (!DiskSpace.IsMissing(refused))
        {
            throw new BaseImageException($"{reference.Registry} does not give it ({refused.Message.Trim()})", refused);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BaseImageException($"the pull from {reference.Registry} was not done after {PullTime.TotalMinutes:0} minutes");
        }
    }

    public void Dispose() => _http.Dispose();

    async Task RequireAnswer(string host, CancellationToken cancel)
    {
        if (_silent.TryGetValue(host, out var known) && known.Until > time.GetUtcNow()) throw new BaseImageException(known.Reason);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(options.PublicTimeout);
        string why;
        try
        {
            // Engines speak plain HTTP to registries on the loopback interface.
            var scheme = Uri.TryCreate("http://" + host, UriKind.Absolute, out var uri) && uri.IsLoopback ? "http" : "https";
            using var answer = await _http.GetAsync(new Uri($"{scheme}://{host}/v2/"), HttpCompletionOption.ResponseHeadersRead, bound.Token);
            return;
        }
        catch (HttpRequestException untrusted) when (untrusted.InnerException is AuthenticationException)
        {
            // It answers; whether its certificate is good is the engine's to say.
            return;
        }
        catch (HttpRequestException unreachable)
        {
            why = unreachable.InnerException?.Message ?? unreachable.Message;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            why = $"nothing within {options.PublicTimeout.TotalSeconds:0.#} s";
        }
        var reason = $"{host} does not answer ({why.TrimEnd('.')})";
        _silent[host] = (time.GetUtcNow() + SilenceTime, reason);
        throw new BaseImageException(reason);
    }

    async Task<bool> HasWayOfItsOwn(CancellationToken cancel)
    {
        var info = await client.Get("/info", EngineInfoJson.Default.EngineInfo, cancel);
        return info is { HttpProxy.Length: > 0 } or { HttpsProxy.Length: > 0 } || info.RegistryConfig?.Mirrors is { Count: > 0 };
    }

    static string Host(string registry) => registry == ImageReference.DockerHub ? "registry-1.docker.io" : registry;
}

/// <summary>Engine API, SystemInfo: by which ways the engine reaches registries.</summary>
internal sealed record EngineInfo(string? HttpProxy, string? HttpsProxy, EngineRegistryConfig? RegistryConfig);

internal sealed record EngineRegistryConfig(IReadOnlyList<string>? Mirrors);

[JsonSerializable(typeof(EngineInfo))]
internal sealed partial class EngineInfoJson : JsonSerializerContext;
