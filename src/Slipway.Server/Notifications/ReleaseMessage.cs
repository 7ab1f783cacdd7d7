using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Server.Notifications;

/// <summary>An event as its receivers read it. Pure.</summary>
static class ReleaseMessage
{
    /// <summary>
    /// cloudevents: CloudEvents 1.0.2 in structured mode (HTTP Protocol Binding, section 3.2; JSON Event Format). slack: the text of an incoming webhook of Slack, which
    /// Mattermost and Rocket.Chat take too, and Discord at .../slack.
    /// </summary>
    public const string CloudEvents = "cloudevents", Slack = "slack";

    public const string Test = "test";

    public static IReadOnlyList<string> Formats { get; } = [CloudEvents, Slack];

    public static string MediaType(string format) => format == Slack ? "application/json" : "application/cloudevents+json; charset=utf-8";

    /// <param name="source">The platform's identity: a URI.</param>
    /// <param name="id">In place of the event's own.</param>
    public static byte[] Of(ReleaseEvent happened, string format, string source, string? id = null) => format == Slack
        ? JsonSerializer.SerializeToUtf8Bytes(new SlackText(Text(happened)), MessageJson.Default.SlackText)
        : JsonSerializer.SerializeToUtf8Bytes(
            new CloudEvent
            {
                Id = id ?? happened.Id.ToString(CultureInfo.InvariantCulture),
                Source = source,
                Type = $"slipway.release.{happened.Type}",
                Subject = happened.App?.Value,
                Time = happened.Time,
                Data = happened,
            },
            MessageJson.Default.CloudEvent);

    /// <summary>*shop* v42 holding: it waits for a promote (by alice)</summary>
    static string Text(ReleaseEvent happened)
    {
        if (happened.Type == Test) return "Slipway: this is a test, and nothing has happened.";
        var release = happened.Release is { } number ? $" v{number}" : "";
        var mark = happened.Type is ReleaseEvents.JudgeFailed or ReleaseEvents.RollingBack or ReleaseEvents.RolledBack or ReleaseEvents.Failed ? ":warning: " : "";
        return $"{mark}*{happened.App?.Value ?? "all apps"}*{release} {happened.Type.Replace('-', ' ')}{(happened.Text is { } text ? $": {Escaped(text)}" : "")}{(happened.By is { } by ? $" (by {Escaped(by)})" : "")}";
    }

    /// <summary>The three characters that Slack's texts give a meaning, so that no name or note mentions a channel or links to anywhere.</summary>
    static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}

/// <summary>The attributes that CloudEvents asks for, and what happened as its data.</summary>
sealed record CloudEvent
{
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    public required string Id { get; init; }

    public required string Source { get; init; }

    public required string Type { get; init; }

    public string? Subject { get; init; }

    public required DateTimeOffset Time { get; init; }

    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; init; } = "application/json";

    public required ReleaseEvent Data { get; init; }
}

sealed record SlackText(string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloudEvent))]
[JsonSerializable(typeof(SlackText))]
sealed partial class MessageJson : JsonSerializerContext;
