using Slipway.Contracts;

namespace Slipway.Registry.Tests.Notifications;

/// <summary>A delivery read as distribution's envelope.</summary>
static class DeliveredEvents
{
    public static IEnumerable<(string Action, string? Tag, string? Digest, string? Repository)> Events(this Delivered delivered)
    {
        using var json = System.Text.Json.JsonDocument.Parse(delivered.Body);
        foreach (var one in json.RootElement.GetProperty("events").EnumerateArray())
        {
            var target = one.GetProperty("target");
            string? Text(string name) => target.TryGetProperty(name, out var value) ? value.GetString() : null;
            yield return (one.GetProperty("action").GetString()!, Text("tag"), Text("digest"), Text("repository"));
        }
    }
}
