using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Model;
using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>
/// The server's HTTP API (/api/v1), one method for each call. Errors: <see cref="ApiException"/> when the server says no,
/// <see cref="ServerUnavailableException"/> when none answers or the connection breaks.
/// </summary>
sealed class ApiClient : IDisposable
{
    readonly ServerLocation _location;
    readonly HttpClient _http;

    public ApiClient(ServerLocation location)
    {
        _location = location;
        _http = new HttpClient(new SocketsHttpHandler
        {
            // A proxy for the world outside is no way to a server on this machine.
            UseProxy = !location.Url.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        })
        {
            BaseAddress = location.Url,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = location.User is { } user
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{location.Token}")))
            : new AuthenticationHeaderValue("Bearer", location.Token);
    }

    public Uri Url => _location.Url;

    /// <summary>Whose the credential is.</summary>
    public string User => _location.User ?? "admin";

    /// <summary>The password of <see cref="User"/>.</summary>
    public string Token => _location.Token;

    public Task<ServerStatus> Status(CancellationToken cancel) => Get("/api/v1/status", ApiJson.Default.ServerStatus, cancel);

    public Task<IReadOnlyList<AppStatus>> Apps(CancellationToken cancel) => Get("/api/v1/apps", ModelJson.Default.IReadOnlyListAppStatus, cancel);

    public Task<AppStatus> App(AppName app, CancellationToken cancel) => Get($"/api/v1/apps/{app}", ModelJson.Default.AppStatus, cancel);

    public Task<IReadOnlyList<ReleaseStatus>> Releases(AppName app, CancellationToken cancel) =>
        Get($"/api/v1/apps/{app}/releases", ModelJson.Default.IReadOnlyListReleaseStatus, cancel);

    public Task<IReadOnlyList<Instance>> Instances(AppName app, CancellationToken cancel) =>
        Get($"/api/v1/apps/{app}/instances", ModelJson.Default.IReadOnlyListInstance, cancel);

    public Task<IReadOnlyList<BaseImageStatus>> BaseImages(CancellationToken cancel) =>
        Get("/api/v1/base-images", ApiJson.Default.IReadOnlyListBaseImageStatus, cancel);

    public Task<Rollout> Rollout(long id, CancellationToken cancel) => Get(Invariant($"/api/v1/rollouts/{id}"), ModelJson.Default.Rollout, cancel);

    public Task<Rollout> Deploy(AppName app, DeploySource source, bool autoPromote, CancellationToken cancel, bool despiteFreeze = false, bool despiteApprovals = false) =>
        Start($"/api/v1/apps/{app}/rollouts", Json(new DeployRequest { Source = source, AutoPromote = autoPromote, DespiteFreeze = despiteFreeze, DespiteApprovals = despiteApprovals }, ApiJson.Default.DeployRequest), cancel);

    public Task<Rollout> Rollback(AppName app, int? to, CancellationToken cancel, bool despiteFreeze = false, bool pastOneWay = false) =>
        Start($"/api/v1/apps/{app}/rollback", Json(new RollbackRequest { To = to, DespiteFreeze = despiteFreeze, PastOneWay = pastOneWay }, ApiJson.Default.RollbackRequest), cancel);

    public Task<Rollout> Abort(AppName app, CancellationToken cancel, bool pastOneWay = false) =>
        Start($"/api/v1/apps/{app}/abort", pastOneWay ? Json(new AbortRequest { PastOneWay = true }, ApiJson.Default.AbortRequest) : null, cancel);

    /// <summary>Ends it where it has no release yet; as it is then.</summary>
    public Task<Rollout> CancelBuild(long rollout, CancellationToken cancel) =>
        Start(Invariant($"/api/v1/rollouts/{rollout}/cancel?onlyBuild=true"), null, cancel);

    public async Task Scale(AppName app, string service, int replicas, CancellationToken cancel, bool despiteFreeze = false) =>
        (await Send(HttpMethod.Put, $"/api/v1/apps/{app}/services/{Uri.EscapeDataString(service)}/scale",
            Json(new ScaleRequest { Replicas = replicas, DespiteFreeze = despiteFreeze }, ApiJson.Default.ScaleRequest), cancel)).Dispose();

    public async Task Remove(AppName app, bool volumes, CancellationToken cancel) =>
        (await Send(HttpMethod.Delete, $"/api/v1/apps/{app}?volumes={(volumes ? "true" : "false")}", null, cancel)).Dispose();

    /// <summary>The journal from an index on; with follow until the rollout has ended or the connection breaks.</summary>
    public IAsyncEnumerable<JournalEntry> Events(long rollout, long from, bool follow, CancellationToken cancel) =>
        Lines(HttpMethod.Get, Invariant($"/api/v1/rollouts/{rollout}/events?from={from}&follow={(follow ? "true" : "false")}"), null, ApiJson.Default.JournalEntry, cancel);

    /// <summary>What the instances wrote, oldest first, each line as it came.</summary>
    public IAsyncEnumerable<LogLine> Logs(AppName app, string? service, bool follow, DateTimeOffset? since, int? tail, CancellationToken cancel)
    {
        var query = new StringBuilder($"/api/v1/apps/{app}/logs?follow={(follow ? "true" : "false")}");
        if (service is not null) query.Append("&service=").Append(Uri.EscapeDataString(service));
        if (since is { } start) query.Append("&since=").Append(Uri.EscapeDataString(start.ToString("O", CultureInfo.InvariantCulture)));
        if (tail is { } lines) query.Append(CultureInfo.InvariantCulture, $"&tail={lines}");
        return Lines(HttpMethod.Get, query.ToString(), null, ApiJson.Default.LogLine, cancel);
    }

    /// <summary>Notes while it goes on, then the image or the error.</summary>
    public IAsyncEnumerable<BaseImageLine> ImportBaseImage(string image, CancellationToken cancel) =>
        Lines(HttpMethod.Post, "/api/v1/base-images", Json(new BaseImageRequest { Image = image }, ApiJson.Default.BaseImageRequest), ApiJson.Default.BaseImageLine, cancel);

    /// <summary>The server's own document, for --json.</summary>
    /// <param name="path">Below /api/v1, for example /apps.</param>
    public async Task<string> Document(string path, CancellationToken cancel)
    {
        using var answer = await Send(HttpMethod.Get, "/api/v1" + path, null, cancel);
        return await answer.Content.ReadAsStringAsync(cancel);
    }

    public void Dispose() => _http.Dispose();

    public async Task<Rollout> Start(string path, HttpContent? content, CancellationToken cancel)
    {
        using var answer = await Send(HttpMethod.Post, path, content, cancel);
        return await Read(answer, ModelJson.Default.Rollout, cancel);
    }

    public async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var answer = await Send(HttpMethod.Get, path, null, cancel);
        return await Read(answer, type, cancel);
    }

    public async Task<T> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancel) ?? throw new JsonException("null");
        }
        catch (JsonException unreadable)
        {
            throw new CommandFailedException($"{Url} answered something that this version of slipway can't read. Is that a Slipway server, of the same version?", ExitCode.Failed, unreadable);
        }
    }

    public async IAsyncEnumerable<T> Lines<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var answer = await Send(method, path, content, cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
        while (await ReadLine(reader, cancel) is { } line)
            if (line.Length > 0) yield return JsonSerializer.Deserialize(line, type) ?? throw new JsonException($"{path}: null in place of a line");
    }

    async Task<string?> ReadLine(StreamReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadLineAsync(cancel);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new ServerUnavailableException($"The connection to {Url} broke off. {_location.HowToStart}", broken);
        }
    }

    public async Task<HttpResponseMessage> Send(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(new HttpRequestMessage(method, path) { Content = content }, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            throw new ServerUnavailableException($"No Slipway server answers at {Url} ({away.InnerException?.Message ?? away.Message}). {_location.HowToStart}", away);
        }
        if (answer.IsSuccessStatusCode) return answer;
        using (answer) throw new ApiException(await ReadProblem(answer, cancel));
    }

    async Task<Problem> ReadProblem(HttpResponseMessage answer, CancellationToken cancel)
    {
        var (status, text) = ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
        if (status == 401) return new Problem { Title = "Unauthorized", Status = status, Detail = Refused() };
        try
        {
            if (JsonSerializer.Deserialize(text, ApiJson.Default.Problem) is { } problem) return problem;
        }
        catch (JsonException)
        {
            // Not ours: the status is all that is known.
        }
        return new Problem { Title = answer.ReasonPhrase ?? "Error", Status = status, Detail = $"{Url} answered {status} {answer.ReasonPhrase} to {answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri?.AbsolutePath}." };
    }

    string Refused() => _location.User is { } user
        ? $"The server at {Url} refuses the name or password of {user}: it is wrong, or the account is disabled, removed or at its end. Log in again: slipway login --server {Url.GetLeftPart(UriPartial.Authority)} --user {user}"
        : $"The server at {Url} refuses the token. Check SLIPWAY_TOKEN, or unset it to use that of the data folder.";

    public static JsonContent Json<T>(T value, JsonTypeInfo<T> type) => JsonContent.Create(value, type);

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
