using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Storage.Swift;

/// <summary>
/// The requests of which the store is made, by key (the object's name without the prefix). Each may be repeated, and is, a few times, where it fails for the
/// moment; what is left is an <see cref="IOException"/> that says where, what, and what would be right. "Not there" is null or false. Thread-safe.
/// </summary>
sealed class SwiftObjects : IDisposable
{
    /// <summary>Metadata of an upload: bytes of the line before its last bytes.</summary>
    public const string LineName = "X-Object-Meta-Slipway-Line";

    const string LengthName = "X-Object-Meta-Slipway-Length";

    const int Attempts = 4;

    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    readonly HttpClient _http;
    readonly SwiftSession _session;
    readonly string _prefix;

    public SwiftObjects(SwiftOptions options)
    {
        Options = options;
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = options.Timeout < TimeSpan.FromSeconds(10) ? options.Timeout : TimeSpan.FromSeconds(10),
        }) { Timeout = Timeout.InfiniteTimeSpan };
        _session = new SwiftSession(options, _http, TimeProvider.System);
    }

    public SwiftOptions Options { get; }

    /// <summary>Length and headers; null where there is none. Every replica is asked, and the newest answers.</summary>
    public async Task<SwiftFound?> Find(string key, CancellationToken cancel)
    {
        using var answer = await Send($"looking for {key}", token => Request(token, HttpMethod.Head, key, null, ("X-Newest", "true")), Missing, cancel);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        long? noted = long.TryParse(SwiftAnswer.Header(answer, LengthName), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;
        return new SwiftFound(answer.Content.Headers.ContentLength ?? 0, noted);
    }

    /// <summary>Writes an object as a whole or not at all, and returns its ETag; the service compares the bytes with the MD5 that goes with them.</summary>
    public Task<string> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel) => Put(key, [content], [], cancel);

    /// <summary>What an upload has, with its length to be found without reading it.</summary>
    public Task PutUpload(string key, ReadOnlyMemory<byte> line, ReadOnlyMemory<byte> tail, long length, CancellationToken cancel) =>
        Put(key, [line, tail], [(LengthName, length), (LineName, line.Length)], cancel);

    async Task<string> Put(string key, IReadOnlyList<ReadOnlyMemory<byte>> content, IReadOnlyList<(string Name, long Value)> metadata, CancellationToken cancel)
    {
        var md5 = Md5(content);
        using var answer = await Send($"writing {key}", token =>
        {
            var request = Request(token, HttpMethod.Put, key, null, ("ETag", md5));
            request.Content = new SwiftContent(content);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            foreach (var (name, value) in metadata) request.Headers.TryAddWithoutValidation(name, value.ToString(CultureInfo.InvariantCulture));
            return request;
        }, null, cancel);
        var etag = Etag(answer);
        return etag == md5 ? etag : throw new IOException($"{Options.Place}: writing {key} failed: the service keeps other bytes than were sent (MD5 {etag}, not {md5})");
    }

    /// <summary>Makes one object of several that are there: a Static Large Object. Returns the manifest's ETag.</summary>
    public async Task<string> PutManifest(string key, IEnumerable<SwiftManifestEntry> entries, CancellationToken cancel)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(entries.ToList(), SwiftJson.Default.ListSwiftManifestEntry);
        using var answer = await Send($"publishing {key}", token =>
        {
            var request = Request(token, HttpMethod.Put, key, "multipart-manifest=put");
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            return request;
        }, null, cancel);
        return Etag(answer);
    }

    /// <summary>The path of a key in a manifest.</summary>
    public string ManifestPath(string key) => $"/{Options.Container}/{_prefix}{key}";

    /// <summary>False where nothing was there at the first attempt. Of a Static Large Object only the manifest goes.</summary>
    public async Task<bool> Delete(string key, CancellationToken cancel)
    {
        var attempts = 0;
        using var answer = await Send($"deleting {key}", token =>
        {
            attempts++;
            return Request(token, HttpMethod.Delete, key, null);
        }, Missing, cancel);
        return answer.StatusCode != HttpStatusCode.NotFound || attempts > 1;
    }

    /// <summary>The bytes, as they come; null where there is no such object. The caller disposes of the answer.</summary>
    public async Task<HttpResponseMessage?> Read(string key, long offset, long? count, CancellationToken cancel)
    {
        var answer = await Send($"reading {key}", token =>
        {
            var request = Request(token, HttpMethod.Get, key, null, ("X-Newest", count is null ? "true" : "false"));
            if (count is { } bytes) request.Headers.Range = new RangeHeaderValue(offset, offset + bytes - 1);
            return request;
        }, Missing, cancel);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            answer.Dispose();
            return null;
        }
        // The whole, where a part was asked for, would be taken for other bytes.
        if (count is not null && answer.Content.Headers.ContentRange?.From != offset && !(offset == 0 && answer.Content.Headers.ContentLength == count))
        {
            answer.Dispose();
            throw new IOException($"{Options.Place}: reading {key} failed: the service answered another range than was asked for; does something between here and the service change requests?");
        }
        return answer;
    }

    /// <summary>Names that begin so, without the prefix, by bytes in order; with <paramref name="groups"/> only what comes before the next slash.</summary>
    public async IAsyncEnumerable<SwiftListed> List(string keys, bool groups, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? last = null;
        while (true)
        {
            var query = $"format=json&limit={Options.Page}&prefix={Uri.EscapeDataString(_prefix + keys)}{(groups ? "&delimiter=%2F" : "")}{(last is null ? "" : $"&marker={Uri.EscapeDataString(last)}")}";
            List<SwiftListed> page;
            using (var answer = await Send($"listing {keys}", token => Request(token, HttpMethod.Get, null, query), null, cancel, HttpCompletionOption.ResponseContentRead))
            {
                page = answer.StatusCode == HttpStatusCode.NoContent ? [] : await answer.Content.ReadFromJsonAsync(SwiftJson.Default.ListSwiftListed, cancel) ?? [];
            }
            foreach (var listed in page)
            {
                last = listed.Subdir ?? listed.Name ?? "";
                yield return listed with { Name = listed.Name?[_prefix.Length..], Subdir = listed.Subdir?[_prefix.Length..] };
            }
            if (page.Count == 0) yield break;
        }
    }

    /// <summary>An address by which the object can be read without a token, signed as TempURL wants it.</summary>
    public async Task<Uri> Sign(string key, DateTimeOffset until, CancellationToken cancel)
    {
        var signing = Options.TempUrlKey ?? throw new IOException($"{Options.Place}: an address for clients can't be signed without 'tempUrlKey'; give the container's or the account's key, or leave 'redirect' out.");
        var address = Address((await _session.Token(null, cancel)).Account, key, null);
        var expires = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var text = $"GET\n{expires}\n{Uri.UnescapeDataString(address.AbsolutePath)}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(signing), Encoding.UTF8.GetBytes(text)));
        return new Uri($"{address.AbsoluteUri}?temp_url_sig={signature}&temp_url_expires={expires}");
    }

    public void Dispose()
    {
        _session.Dispose();
        _http.Dispose();
    }

    static bool Missing(HttpStatusCode status) => status == HttpStatusCode.NotFound;

    /// <summary>Asks until it is answered, a few times.</summary>
    /// <param name="isAnswer">What counts as an answer besides success.</param>
    async Task<HttpResponseMessage> Send(
        string operation, Func<SwiftToken, HttpRequestMessage> ask, Func<HttpStatusCode, bool>? isAnswer, CancellationToken cancel, HttpCompletionOption completion = HttpCompletionOption.ResponseHeadersRead)
    {
        SwiftToken? refused = null;
        for (var attempt = 1; ; attempt++)
        {
            IOException failure;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Options.Timeout);
            try
            {
                var token = await _session.Token(refused, patience.Token);
                using var request = ask(token);
                request.Headers.TryAddWithoutValidation("X-Auth-Token", token.Value);
                var answer = await _http.SendAsync(request, completion, patience.Token);
                var status = answer.StatusCode;
                if (answer.IsSuccessStatusCode || isAnswer?.Invoke(status) is true) return answer;
                using (answer) failure = await Failure(operation, answer, patience.Token);
                if (status == HttpStatusCode.Unauthorized && refused is null)
                {
                    // It may have been withdrawn, or the service forgot it.
                    refused = token;
                    continue;
                }
                if (!SwiftException.IsPassing(status)) throw failure;
            }
            catch (SwiftException wrong) when (!SwiftException.IsPassing(wrong.Status))
            {
                throw;
            }
            catch (SwiftException busy)
            {
                failure = busy;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
            {
                cancel.ThrowIfCancellationRequested();
                failure = Broken(operation, broken);
            }
            if (attempt == Attempts) throw failure;
            await Pause(attempt, cancel);
        }
    }

    public IOException Broken(string operation, Exception error) => error as SwiftException ?? new IOException(
        $"{Options.Place}: {operation} failed: " + error switch
        {
            OperationCanceledException => $"no answer came in {Options.Timeout.TotalSeconds:0} seconds; is the service up, and the way to it free?",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the service's name is not known; correct 'authUrl'.",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"{error.GetBaseException().Message.TrimEnd('.')}. Does this machine trust the service's certificate?",
            _ => $"{error.GetBaseException().Message.TrimEnd('.')}. Is the service up?",
        },
        error);

    async Task<SwiftException> Failure(string operation, HttpResponseMessage answer, CancellationToken cancel)
    {
        var said = await FirstWords(answer, cancel);
        var why = (int)answer.StatusCode switch
        {
            401 => "the token was refused, and so was a new one; may the user use this account?",
            403 => "the user may not do that; it needs to read, write, list and delete in the container (X-Container-Read and -Write, or a role such as swiftoperator or member).",
            404 => $"there is no container '{Options.Container}'; make it, or correct 'container', 'project' or 'region'.",
            413 when said.Contains("quota", StringComparison.OrdinalIgnoreCase) => "the account's or the container's quota is used up; raise it, or delete something.",
            422 => "the bytes changed on their way (MD5); is something between here and the service broken?",
            507 => "the service has no room left.",
            429 or 498 or 503 => "the service is busy. It was asked several times.",
            var other => $"the service answered {other}{(said.Length > 0 ? $": {said}" : "")}.",
        };
        return new SwiftException($"{Options.Place}: {operation} failed: {why}", answer.StatusCode);
    }

    static async Task<string> FirstWords(HttpResponseMessage answer, CancellationToken cancel)
    {
        var buffer = new byte[400];
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return Encoding.UTF8.GetString(buffer, 0, read).ReplaceLineEndings(" ").Trim().TrimEnd('.');
    }

    async Task Pause(int attempt, CancellationToken cancel)
    {
        var whole = Options.RetryDelay * (1 << (attempt - 1));
        if (whole > LongestPause) whole = LongestPause;
        await Task.Delay(whole * (0.5 + RandomNumberGenerator.GetInt32(0, 500) / 1000.0), cancel);
    }

    Uri Address(Uri account, string? key, string? query)
    {
        var path = key is null ? "" : "/" + string.Join('/', (_prefix + key).Split('/').Select(Uri.EscapeDataString));
        return new Uri($"{account.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(Options.Container)}{path}{(query is null ? "" : "?" + query)}");
    }

    HttpRequestMessage Request(SwiftToken token, HttpMethod method, string? key, string? query, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(method, Address(token.Account, key, query));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    static string Etag(HttpResponseMessage answer) => (SwiftAnswer.Header(answer, "ETag") ?? "").Trim('"');

#pragma warning disable CA5351 // Swift's ETag is an MD5: it finds bytes that changed on their way. What a blob is, is said by its digest.
    static string Md5(IReadOnlyList<ReadOnlyMemory<byte>> content)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in content) md5.AppendData(part.Span);
        return Convert.ToHexStringLower(md5.GetHashAndReset());
    }
#pragma warning restore CA5351
}

/// <param name="Noted">What was noted as an upload's length.</param>
readonly record struct SwiftFound(long Length, long? Noted);
