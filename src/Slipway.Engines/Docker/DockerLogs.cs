using System.Globalization;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>What containers wrote.</summary>
sealed class DockerLogs(DockerClient client)
{
    /// <summary>
    /// The engine's own stream ends when the container exits; one that follows goes on with the next start, and ends when the container is removed.
    /// </summary>
    public async IAsyncEnumerable<LogLine> Read(Instance instance, LogQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (since, tail, again) = (query.Since, query.Tail, false);
        var path = $"/containers/{Uri.EscapeDataString(instance.Id)}";
        while (await client.Find($"{path}/json", DockerJson.Default.ContainerInspection, cancel) is { } container)
        {
            // Whatever the next start writes is new, however few of the old lines were asked for.
            if (again && tail is not null) (since, tail) = (since ?? container.State.Started, null);
            await foreach (var line in ReadOnce(instance, container, query.Follow, since, tail, cancel))
            {
                yield return line;
                // The two streams are written side by side: their times may cross by a little.
                if (since is null || line.Time >= since) since = line.Time.AddTicks(1);
            }
            if (!query.Follow) yield break;
            if (!await StartedAgain(path, cancel)) yield break;
            again = true;
        }
    }

    async IAsyncEnumerable<LogLine> ReadOnce(
        Instance instance, ContainerInspection container, bool follow, DateTimeOffset? since, int? tail, [EnumeratorCancellation] CancellationToken cancel)
    {
        var query = $"stdout=1&stderr=1&timestamps=1&follow={(follow ? 1 : 0)}&tail={tail?.ToString(CultureInfo.InvariantCulture) ?? "all"}"
            + (since is { } time ? $"&since={EngineTime(time)}" : "");
        if (await Open($"/containers/{container.Id}/logs?{query}", cancel) is not { } answer) yield break;
        using (answer)
        {
            var stream = await answer.Content.ReadAsStreamAsync(cancel);
            await using var lines = LogReader.Read(stream, container.Config.Tty, cancel).GetAsyncEnumerator(cancel);
            while (await Next(lines))
                yield return new() { Time = lines.Current.Time, Service = instance.Service, Instance = instance.Name, Stream = lines.Current.Stream, Text = lines.Current.Text };
        }
    }

    /// <summary>Null where the container is gone: then there is nothing to read.</summary>
    async Task<HttpResponseMessage?> Open(string path, CancellationToken cancel)
    {
        try
        {
            return await client.Send(HttpMethod.Get, path, null, cancel);
        }
        catch (EngineException gone) when (gone.Status == 404)
        {
            return null;
        }
    }

    async Task<bool> Next(IAsyncEnumerator<RawLogLine> lines)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw client.Lost(broken);
        }
    }

    /// <summary>Waits until an ended container is started again; false when it is removed instead.</summary>
    async Task<bool> StartedAgain(string path, CancellationToken cancel)
    {
        if (await client.Find($"{path}/json", DockerJson.Default.ContainerInspection, cancel) is not { } container) return false;
        if (container.State.Running) return true;
        // The engine remembers recent events: a start between the look above and the question below is told too.
        var since = EngineTime(container.State.Finished ?? container.Created);
        var filters = DockerLabels.Filters(("container", [container.Id]), ("event", ["start", "destroy"]));
        using var answer = await client.Send(HttpMethod.Get, $"/events?since={since}&{filters}", null, cancel);
        await foreach (var message in client.ReadMessages(answer, DockerJson.Default.EventMessage, cancel))
            return message.Action == "start";
        throw client.Lost(new EndOfStreamException("the engine ended its events"));
    }

    /// <summary>Seconds since 1970 and nanoseconds, as the engine reads times.</summary>
    static string EngineTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:D9}");
    }
}
