using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>What a registry says in a refusal's body (OCI Distribution Specification 1.1, "Error Codes"), as one line.</summary>
static class ErrorText
{
    public static string Of(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
                return OneLine($"{Text(errors[0], "code")} {Text(errors[0], "message")}");
            return "";
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(body);
            // A page of a proxy in between says nothing in its first line.
            return text.Contains('<', StringComparison.Ordinal) ? "" : OneLine(text);
        }
    }

    static string Text(JsonElement error, string name) =>
        error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    static string OneLine(string text) => new([.. text.Trim().Select(c => char.IsControl(c) ? ' ' : c)]);
}
