using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Rules;

namespace Slipway.Registry.Scanning.Adapters;

/// <summary>
/// A client of the Harbor Scanner Adapter API 1.0 to 1.2 (goharbor/pluggable-scanner-spec, api/spec/scanner-adapter-openapi-v1.2.yaml). Whatever an adapter
/// answers, it costs a bounded time and a bounded number of bytes, and what is wrong is an <see cref="AdapterException"/> that says what.
/// </summary>
sealed class AdapterClient : IDisposable
{
    const int MaxSmall = 1 << 20, MaxId = 512, MaxSaid = 500;

    readonly Uri _base;
    readonly ScanOptions _options;
    readonly HttpClient _http;
    readonly string[] _secrets;

    /// <param name="url">With or without /api/v1.</param>
    /// <param name="secret">Password, token or key; null where auth is None.</param>
    public AdapterClient(Uri url, ScannerAuth auth, string? user, string? secret, ScanOptions options)
    {
        _options = options;
        var path = url.AbsolutePath.TrimEnd('/');
        if (!path.EndsWith("/api/v1", StringComparison.Ordinal)) path += "/api/v1";
        _base = new Uri(url.GetLeftPart(UriPartial.Authority) + path + "/");
        _http = new HttpClient(new SocketsHttpHandler
        {
            // 302 means "not ready" here, and a credential is for the one that was named.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !url.IsLoopback,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("slipway");
        switch (auth)
        {
            case ScannerAuth.Basic: _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}"))); break;
            case ScannerAuth.Bearer: _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {secret}"); break;
            case ScannerAuth.ApiKey: _http.DefaultRequestHeaders.TryAddWithoutValidation("X-ScannerAdapter-API-Key", secret); break;
        }
        _secrets = secret is { Length: > 0 } ? [secret] : [];
    }

    /// <summary>What it is and what it can do.</summary>
    public async Task<AdapterMetadata> Metadata(CancellationToken cancel)
    {
        using var answer = await Send(() => Get("metadata", AdapterTypes.Metadata), [], cancel);
        if (answer.StatusCode != HttpStatusCode.OK) throw await Explain(answer, [], cancel);
        var metadata = await Read(answer, AdapterJson.Default.AdapterMetadata, MaxSmall, cancel);
        if (metadata.Scanner is null || metadata.Capabilities is null || metadata.Capabilities.Contains(null))
            throw new AdapterException($"{Name(answer)} is JSON without 'scanner' and 'capabilities': is it a scanner adapter of Harbor's API?", isFinal: true);
        return metadata;
    }

    /// <summary>Asks for a scan; returns the identifier by which its report is asked for.</summary>
    public async Task<string> Submit(AdapterScanRequest request, CancellationToken cancel)
    {
        string[] hidden = request.Registry.Authorization is { } authorization ? [authorization, authorization[(authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..]] : [];
        // An adapter of 1.0 may know the request's media type of that version alone: it has no capabilities to choose from.
        var type = request.EnabledCapabilities is null ? AdapterTypes.ScanRequestOld : AdapterTypes.ScanRequest;
        using var answer = await Send(() =>
        {
            var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, AdapterJson.Default.AdapterScanRequest));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            return new HttpRequestMessage(HttpMethod.Post, new Uri(_base, "scan")) { Content = content, Headers = { { "Accept", AdapterTypes.ScanResponse } } };
        }, hidden, cancel);
        if (answer.StatusCode is not (HttpStatusCode.Accepted or HttpStatusCode.OK or HttpStatusCode.Created)) throw await Explain(answer, hidden, cancel);
        var response = await Read(answer, AdapterJson.Default.AdapterScanResponse, MaxSmall, cancel);
        return response.Id is { Length: > 0 and <= MaxId } id and not ("." or "..") && !id.Any(char.IsControl) ? id
            : throw new AdapterException($"{Name(answer)} has no usable 'id': expected 1 to {MaxId} characters");
    }

    /// <summary>The report, or null where it is not ready; then how long to wait, if the adapter says so.</summary>
    /// <param name="type">Of <see cref="AdapterTypes.Choose"/>.</param>
    public async Task<(AdapterReport? Report, TimeSpan? Wait)> Report(string id, string type, CancellationToken cancel)
    {
        using var answer = await Send(() => Get($"scan/{Uri.EscapeDataString(id)}/report", type), [], cancel);
        if (answer.StatusCode == HttpStatusCode.Found) return (null, RefreshAfter(answer));
        if (answer.StatusCode != HttpStatusCode.OK) throw await Explain(answer, [], cancel);
        var found = answer.Content.Headers.TryGetValues("Content-Type", out var values) ? string.Join(", ", values) : null;
        if (!AdapterTypes.Same(found, type))
            throw new AdapterException($"{Name(answer)} is of type '{Clean(found ?? "(none)", [])}', expected '{type}'");
        return (await Read(answer, AdapterJson.Default.AdapterReport, _options.MaxReportBytes, cancel), null);
    }

    public void Dispose() => _http.Dispose();

    HttpRequestMessage Get(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_base, path));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return request;
    }

    async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> make, string[] hidden, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_options.Answer);
        using var request = make();
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new AdapterException($"the adapter at {_base} did not answer {request.Method} {request.RequestUri!.AbsolutePath} within {_options.Answer.TotalSeconds:0.#} s") { IsAway = true };
        }
        catch (HttpRequestException away)
        {
            var what = away.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError ? "can't be reached" : "broke off its answer";
            throw new AdapterException($"the adapter at {_base} {what}: {Clean(away.InnerException?.Message ?? away.Message, hidden)}", inner: away) { IsAway = true };
        }
    }

    async Task<T> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, long limit, CancellationToken cancel)
    {
        AdapterException TooMuch() => new($"{Name(answer)} has more than {limit} bytes, which is not read", isFinal: true);
        if (answer.Content.Headers.ContentLength > limit) throw TooMuch();
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(_options.Body);
        try
        {
            await using var body = new BoundedBody(await answer.Content.ReadAsStreamAsync(soon.Token), limit, _ => TooMuch());
            return await JsonSerializer.DeserializeAsync(body, type, soon.Token) ?? throw new JsonException("it is null");
        }
        catch (JsonException wrong)
        {
            throw new AdapterException($"{Name(answer)} is not the JSON that was expected: {Clean(wrong.Message, [])}", inner: wrong);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new AdapterException($"{Name(answer)} did not come to its end within {_options.Body.TotalSeconds:0.#} s");
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or InvalidDataException)
        {
            throw new AdapterException($"{Name(answer)} broke off: {Clean(broken.Message, [])}", inner: broken);
        }
    }

    /// <summary>A refusal, in the adapter's own words where it has some (schema ErrorResponse).</summary>
    async Task<AdapterException> Explain(HttpResponseMessage answer, string[] hidden, CancellationToken cancel)
    {
        var said = "";
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            if (await Bodies.Read(answer, 64 << 10, soon.Token) is { } body)
            {
                using var json = JsonDocument.Parse(body);
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                    && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String)
                    said = ": " + Clean(message.GetString()!, hidden);
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException or InvalidOperationException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The status alone has to do.
        }
        var status = (int)answer.StatusCode;
        return new AdapterException($"{Name(answer)} is {status} {answer.ReasonPhrase}{said}", isFinal: status is (>= 400 and < 500 and not (404 or 408 or 409 or 425 or 429)) or 501)
        {
            IsUnknownScan = answer.StatusCode == HttpStatusCode.NotFound,
            IsAway = status is 429 or 502 or 503 or 504,
        };
    }

    string Name(HttpResponseMessage answer) => $"the answer of the adapter at {_base} to {answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri!.AbsolutePath}";

    // Retry-After is what HTTP calls it; the specification has a header of its own.
    static TimeSpan? RefreshAfter(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Refresh-After", out var values) && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
        : answer.Headers.RetryAfter?.Delta;

    /// <summary>One bounded line without control characters and without secrets: adapters repeat what they were sent.</summary>
    string Clean(string text, string[] hidden)
    {
        foreach (var secret in hidden.Concat(_secrets)) text = text.Replace(secret, "***", StringComparison.Ordinal);
        var line = new string([.. text.Trim().Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= MaxSaid ? line : line[..MaxSaid] + "...";
    }
}
