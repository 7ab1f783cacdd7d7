using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Engines.Docker;

/// <summary>
/// Docker's Engine API over its socket: where to connect, which API version to speak, and what an error means.
/// One for a process. The calls themselves are grouped by what they are about: the classes beside this one.
/// (Docker Engine API v1.41; Engine 20.10 speaks at most 1.41, 29 at least 1.44, so the version is negotiated by /_ping.)
/// </summary>
public sealed class DockerClient : IDisposable
{
    /// <summary>The versions whose requests and answers this code was written for.</summary>
    static readonly Version Oldest = new(1, 40), Newest = new(1, 44);

    readonly HttpClient _http;
    readonly SemaphoreSlim _negotiating = new(1, 1);
    volatile string? _version;

    /// <exception cref="Slipway.Model.InvalidInputException">The address has another form than <see cref="Address"/> says.</exception>
    public DockerClient(string address)
    {
        Address = address;
        var end = EndPointOf(address);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancel) => Connect(end, cancel),
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            // An endless answer that is left (logs, events) is not worth reading on for the sake of its connection.
            ResponseDrainTimeout = TimeSpan.Zero,
            AutomaticDecompression = DecompressionMethods.None,
        })
        {
            BaseAddress = new Uri("http://docker"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>unix:///var/run/docker.sock or tcp://host:port.</summary>
    public string Address { get; }

    /// <summary>DOCKER_HOST where it is set, else the local socket.</summary>
    public static string DefaultAddress => Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : "unix:///var/run/docker.sock";

    /// <summary>The API version that both sides speak, for example 1.41.</summary>
    /// <exception cref="EngineUnavailableException">No engine answers.</exception>
    public async Task<string> NegotiateVersion(CancellationToken cancel)
    {
        if (_version is { } known) return known;
        await _negotiating.WaitAsync(cancel);
        try
        {
            if (_version is { } meanwhile) return meanwhile;
            using var answer = await SendRaw(new HttpRequestMessage(HttpMethod.Get, "/_ping"), cancel);
            var offered = answer.Headers.TryGetValues("Api-Version", out var values) && Version.TryParse(values.First(), out var parsed) ? parsed : Oldest;
            if (offered < Oldest)
                throw new EngineException(0, $"The engine at {Address} speaks API {offered}; Slipway needs {Oldest} (Docker Engine 19.03) or newer.");
            return _version = (offered < Newest ? offered : Newest).ToString();
        }
        finally
        {
            _negotiating.Release();
        }
    }

    /// <summary>Sends a request and reads the answer's JSON.</summary>
    /// <param name="path">Path and query below the version, for example /containers/json?all=1; values escaped by the caller.</param>
    /// <exception cref="EngineException">Any status but 2xx.</exception>
    public async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var answer = await Send(HttpMethod.Get, path, null, cancel);
        return await Read(answer, path, type, cancel);
    }

    /// <summary>Posts JSON and reads the JSON answer.</summary>
    /// <exception cref="EngineException">Any status but 2xx.</exception>
    internal async Task<TAnswer> Post<TBody, TAnswer>(string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancel)
    {
        using var answer = await Send(HttpMethod.Post, path, JsonContent.Create(body, bodyType), cancel);
        return await Read(answer, path, answerType, cancel);
    }

    /// <summary>Sends a request whose answer has no body worth reading: 2xx, or 304 for "already so".</summary>
    internal async Task Do(HttpMethod method, string path, HttpContent? content, CancellationToken cancel) =>
        (await Send(method, path, content, cancel)).Dispose();

    /// <summary>As <see cref="Do"/>; false where the engine answers 404.</summary>
    internal async Task<bool> TryDo(HttpMethod method, string path, CancellationToken cancel)
    {
        try
        {
            await Do(method, path, null, cancel);
            return true;
        }
        catch (EngineException refused) when (refused.Status == 404)
        {
            return false;
        }
    }

    /// <summary>As <see cref="Get{T}"/>, or null where the engine answers 404.</summary>
    public async Task<T?> Find<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) where T : class
    {
        try
        {
            return await Get(path, type, cancel);
        }
        catch (EngineException refused) when (refused.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Sends a request and returns the answer once its head is there; the caller disposes of it. The body may be an endless stream.</summary>
    /// <exception cref="EngineException">Any status but 2xx and 304.</exception>
    /// <exception cref="EngineUnavailableException">No engine answers, or it went away before it did.</exception>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancel, params IReadOnlyList<(string Name, string Value)> headers)
    {
        var version = await NegotiateVersion(cancel);
        var request = new HttpRequestMessage(method, $"/v{version}{path}") { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var answer = await SendRaw(request, cancel);
        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified) return answer;
        using (answer)
        {
            var text = await Unbroken(() => answer.Content.ReadAsStringAsync(cancel));
            throw new EngineException((int)answer.StatusCode, ErrorMessage(text) ?? $"{method} {path}: the engine answered {(int)answer.StatusCode}.");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _negotiating.Dispose();
    }

    /// <summary>What to throw when the connection broke in the middle of an answer.</summary>
    internal EngineUnavailableException Lost(Exception broken)
    {
        // The engine that comes back may be another version.
        _version = null;
        return new($"The connection to the Docker Engine at {Address} broke ({(broken.InnerException ?? broken).Message}). Is it stopping, or was it killed?", broken);
    }

    async Task<T> Read<T>(HttpResponseMessage answer, string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        await Unbroken(() => answer.Content.ReadFromJsonAsync(type, cancel)) ?? throw new EngineException(0, $"{path}: the engine answered null.");

    async Task<T> Unbroken<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw Lost(broken);
        }
    }

    async Task<HttpResponseMessage> SendRaw(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (HttpRequestException) when (request.Content is StreamedContent { Failure: { } failure })
        {
            failure.Throw();
            throw;
        }
        catch (HttpRequestException broken) when (broken.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError))
        {
            throw Lost(broken);
        }
        catch (HttpRequestException broken)
        {
            _version = null;
            throw new EngineUnavailableException(
                $"No Docker Engine answers at {Address} ({broken.InnerException?.Message ?? broken.Message}). Start it, or let 'slipway up' do so.", broken);
        }
    }

    static string? ErrorMessage(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("message", out var message) ? message.GetString() : null;
        }
        catch (JsonException)
        {
            return text.Length > 0 ? text : null;
        }
    }

    static async ValueTask<Stream> Connect(EndPoint end, CancellationToken cancel)
    {
        var socket = end is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(end, cancel);
            return new AnswerFirstStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static EndPoint EndPointOf(string address)
    {
        const int PlainPort = 2375;
        if (address.StartsWith("unix:///", StringComparison.Ordinal)) return new UnixDomainSocketEndPoint(address["unix://".Length..]);
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "tcp" or "http", Host.Length: > 0 })
            return new DnsEndPoint(uri.Host, uri.IsDefaultPort || uri.Port < 0 ? PlainPort : uri.Port);
        throw new Slipway.Model.InvalidInputException(new Slipway.Model.Diagnostic
        {
            Message = $"'{address}' is no address of a Docker Engine that Slipway can reach",
            Key = "DOCKER_HOST",
            Found = address,
            Expected = "unix:///path/to/docker.sock or tcp://host:port",
        });
    }
}
