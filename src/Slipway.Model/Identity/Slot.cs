using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>Where a release's instances run. An app has two; the live release is in one, the next takes the other.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Slot>))]
public enum Slot
{
    [JsonStringEnumMemberName("blue")] Blue,
    [JsonStringEnumMemberName("green")] Green,
}

public static class SlotExtensions
{
    extension(Slot slot)
    {
        public Slot Other => slot == Slot.Blue ? Slot.Green : Slot.Blue;

        /// <summary>blue or green, as people and the engine see it.</summary>
        public string Name => slot == Slot.Blue ? "blue" : "green";
    }
}
