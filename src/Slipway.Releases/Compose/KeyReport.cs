using System.Text.Json.Serialization;

namespace Slipway.Releases.Compose;

[JsonConverter(typeof(JsonStringEnumConverter<KeyTreatment>))]
public enum KeyTreatment
{
    /// <summary>Does what the Compose Specification says.</summary>
    [JsonStringEnumMemberName("honoured")] Honoured,

    /// <summary>Has its purpose served in another way, which the note names.</summary>
    [JsonStringEnumMemberName("translated")] Translated,

    /// <summary>Has no effect. An error where the app could miss it, a warning where it can't.</summary>
    [JsonStringEnumMemberName("refused")] Refused,
}

/// <summary>What becomes of one key of a Compose file.</summary>
/// <param name="File">As the person named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Key">Its path, for example services.web.ports.</param>
public sealed record KeyReport(string File, int Line, string Key, KeyTreatment Treatment, string? Note);
