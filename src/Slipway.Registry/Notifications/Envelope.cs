using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Registry.Events;

namespace Slipway.Registry.Notifications;

/// <summary>
/// Events as their receivers read them: the format of the CNCF Distribution registry ("Work with notifications", Events; notifications/event.go),
/// so that what listens to that registry listens to ours.
/// </summary>
sealed record Envelope(IReadOnlyList<EnvelopeEvent> Events)
{
    public const string MediaType = "application/vnd.docker.distribution.events.v2+json";

    /// <summary>Changes with each start of the process ("instanceID").</summary>
    static readonly string Instance = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);

    public static byte[] Of(IEnumerable<RegistryEvent> events) =>
        JsonSerializer.SerializeToUtf8Bytes(new Envelope([.. events.Select(Entry)]), EnvelopeJson.Default.Envelope);

    static EnvelopeEvent Entry(RegistryEvent happened) => new()
    {
        Id = happened.Id.ToString(CultureInfo.InvariantCulture),
        Timestamp = happened.Time,
        Action = happened.Action,
        Target = new EnvelopeTarget
        {
            MediaType = happened.MediaType ?? (happened.Target == "blob" ? "application/octet-stream" : null),
            Digest = happened.Digest,
            Size = happened.Size,
            Length = happened.Size,
            Repository = happened.Repository,
            FromRepository = happened is { Action: "mount", Detail: { } detail } && detail.StartsWith("from ", StringComparison.Ordinal) ? detail[5..] : null,
            Tag = happened.Tag,
        },
        Request = new EnvelopeRequest
        {
            Id = happened.Id.ToString(CultureInfo.InvariantCulture),
            Addr = happened.Address,
            Method = happened.Action switch { "push" => "PUT", "mount" => "POST", "delete" => "DELETE", _ => "GET" },
            Useragent = happened.UserAgent ?? "",
        },
        Actor = new EnvelopeActor(happened.Actor),
        Source = new EnvelopeSource(Environment.MachineName, Instance),
    };
}

sealed record EnvelopeEvent
{
    public required string Id { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public required string Action { get; init; }

    public required EnvelopeTarget Target { get; init; }

    public required EnvelopeRequest Request { get; init; }

    public required EnvelopeActor Actor { get; init; }

    public required EnvelopeSource Source { get; init; }
}

sealed record EnvelopeTarget
{
    public string? MediaType { get; init; }

    public string? Digest { get; init; }

    public long? Size { get; init; }

    public long? Length { get; init; }

    public string? Repository { get; init; }

    public string? FromRepository { get; init; }

    public string? Tag { get; init; }
}

sealed record EnvelopeRequest
{
    public required string Id { get; init; }

    public string? Addr { get; init; }

    public required string Method { get; init; }

    public required string Useragent { get; init; }
}

sealed record EnvelopeActor(string Name);

sealed record EnvelopeSource(string Addr, [property: JsonPropertyName("instanceID")] string InstanceId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Envelope))]
sealed partial class EnvelopeJson : JsonSerializerContext;
