using System.Formats.Tar;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Engines.Docker;

/// <summary>
/// Builds on the engine: its BuildKit without a session (Engine API, ImageBuild with version=2), and the classic builder where there is no BuildKit.
/// Thread-safe; builds run beside each other.
/// </summary>
public sealed class DockerBuilds(DockerClient client)
{
    /// <summary>How long the engine may take to accept a cancellation; the connection's end cancels the build on it anyway.</summary>
    static readonly TimeSpan CancelTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The head of every context: its root folder, as a plain ustar entry. BuildKit takes a body for a context only when a tar entry can be read
    /// from its first 1024 bytes; one that begins with a long extended header it takes for the Dockerfile itself.
    /// </summary>
    static readonly ReadOnlyMemory<byte> ContextHead = RootEntry();

    /// <summary>
    /// Builds an image. A build that is left before its end (by the token, or by leaving the loop) is cancelled on the engine;
    /// of one that failed the engine knows nothing any more, and cancelling it does nothing.
    /// </summary>
    /// <param name="writeContext">
    /// Writes the context as a tar to the stream, which goes straight to the engine. Called a second time where the engine has no BuildKit.
    /// What it throws comes out of the build.
    /// </param>
    /// <exception cref="EngineException">The build failed; its text is the engine's.</exception>
    /// <exception cref="EngineUnavailableException">No engine answers, or it went away in the middle.</exception>
    public async IAsyncEnumerable<BuildMessage> Build(
        BuildRequest request, Func<Stream, CancellationToken, Task> writeContext, [EnumeratorCancellation] CancellationToken cancel)
    {
        var ended = false;
        try
        {
            var built = false;
            using var answer = await Begin(request, writeContext, cancel);
            await foreach (var message in client.ReadProgress(answer, cancel))
            {
                if (Translate(message) is not { } translated) continue;
                built |= translated is BuildMessage.Image;
                yield return translated;
            }
            ended = true;
            if (!built) throw new EngineException(0, "The build ended without an image and without an error; the engine may have been stopped.");
        }
        finally
        {
            if (!ended) await CancelQuietly(request.BuildId);
        }
    }

    /// <summary>Ends a build on the engine. No error when there is none of that name.</summary>
    public async Task Cancel(string buildId, CancellationToken cancel) =>
        await client.TryDo(HttpMethod.Post, $"/build/cancel?id={Uri.EscapeDataString(buildId)}", cancel);

    async Task<HttpResponseMessage> Begin(BuildRequest request, Func<Stream, CancellationToken, Task> writeContext, CancellationToken cancel)
    {
        try
        {
            return await Post(request, buildKit: true, writeContext, cancel);
        }
        catch (EngineException refused) when (IsAboutBuildKit(refused))
        {
            return await Post(request, buildKit: false, writeContext, cancel);
        }
    }

    async Task<HttpResponseMessage> Post(BuildRequest request, bool buildKit, Func<Stream, CancellationToken, Task> writeContext, CancellationToken cancel)
    {
        using var context = new StreamedContent("application/x-tar", async (stream, stop) =>
        {
            await stream.WriteAsync(ContextHead, stop);
            await writeContext(stream, stop);
        });
        return await client.Send(HttpMethod.Post, Path(request, buildKit), context, cancel);
    }

    /// <summary>An engine whose BuildKit is off or absent refuses the request as a whole, before it reads the context.</summary>
    static bool IsAboutBuildKit(EngineException refused) => refused.Status == 501
        || (refused.Status >= 400 && (refused.Message.Contains("buildkit", StringComparison.OrdinalIgnoreCase)
            || refused.Message.Contains("builder version", StringComparison.OrdinalIgnoreCase)));

    internal static string Path(BuildRequest request, bool buildKit)
    {
        var query = new StringBuilder("/build?rm=1&forcerm=1&version=").Append(buildKit ? '2' : '1');
        void Add(string name, string? value)
        {
            if (value is not null) query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        Add("buildid", request.BuildId);
        Add("t", request.Tag);
        Add("dockerfile", request.Dockerfile);
        Add("target", request.Target);
        Add("buildargs", Json(request.BuildArgs, request.BuildArgs.Count, DockerJson.Default.IReadOnlyDictionaryStringString));
        Add("labels", Json(request.Labels, request.Labels.Count, DockerJson.Default.IReadOnlyDictionaryStringString));
        Add("cachefrom", Json(request.CacheFrom, request.CacheFrom.Count, DockerJson.Default.IReadOnlyListString));
        foreach (var host in request.ExtraHosts) Add("extrahosts", EngineHost(host));
        Add("networkmode", request.Network);
        Add("platform", request.Platform);
        Add("nocache", request.NoCache ? "1" : null);
        Add("pull", request.Pull ? "1" : null);
        Add("shmsize", request.ShmSize?.ToString(CultureInfo.InvariantCulture));
        return query.ToString();
    }

    /// <summary>Compose has name=address and name:address, IPv6 also in brackets; the engine knows name:address without them.</summary>
    internal static string EngineHost(string host) =>
        host.AsSpan().IndexOfAny('=', ':') is var split and > 0 ? $"{host[..split]}:{host[(split + 1)..].Trim('[', ']')}" : host;

    static string? Json<T>(T value, int count, JsonTypeInfo<T> type) => count == 0 ? null : JsonSerializer.Serialize(value, type);

    static BuildMessage? Translate(ProgressMessage message) => message switch
    {
        { Id: "moby.buildkit.trace", Aux.ValueKind: JsonValueKind.String } => new BuildMessage.Trace(message.Aux.GetBytesFromBase64()),
        _ when message.AuxText("ID") is { } id => new BuildMessage.Image(id),
        { Stream: { } text } => new BuildMessage.Output(text),
        // Pulls of the classic builder: "bookworm-slim: Pulling from library/debian". Their byte counts are left out.
        { Status: { } status, Id: null or not "moby.buildkit.trace" } when message.Id is null || !status.EndsWith("ing", StringComparison.Ordinal) =>
            new BuildMessage.Output((message.Id is null ? status : $"{message.Id}: {status}") + "\n"),
        _ => null,
    };

    static ReadOnlyMemory<byte> RootEntry()
    {
        const int EntrySize = 512;
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "./")
            {
                ModificationTime = DateTimeOffset.UnixEpoch,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
            });
        return tar.ToArray().AsMemory(0, EntrySize);
    }

    async Task CancelQuietly(string buildId)
    {
        using var time = new CancellationTokenSource(CancelTime);
        try
        {
            await Cancel(buildId, time.Token);
        }
        catch (Exception unheard) when (unheard is EngineException or EngineUnavailableException or OperationCanceledException)
        {
            // The reason why the build is left matters to the caller, not that the engine would not hear of it.
        }
    }
}
