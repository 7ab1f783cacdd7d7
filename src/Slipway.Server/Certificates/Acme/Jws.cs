using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Signed JSON in its flattened form (RFC 7515, section 7.2.2).</summary>
static class Jws
{
    /// <param name="header">Writes the members of the protected header.</param>
    /// <param name="payload">As it is to be signed.</param>
    /// <param name="sign">From what is signed (section 5.1) to its signature.</param>
    public static string Make(Action<Utf8JsonWriter> header, string payload, Func<byte[], byte[]> sign)
    {
        var members = new MemoryStream();
        using (var json = new Utf8JsonWriter(members))
        {
            json.WriteStartObject();
            header(json);
            json.WriteEndObject();
        }
        var (head, body) = (Base64Url.EncodeToString(members.ToArray()), Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload)));
        var signature = sign(Encoding.ASCII.GetBytes($"{head}.{body}"));
        return $$"""{"protected":"{{head}}","payload":"{{body}}","signature":"{{Base64Url.EncodeToString(signature)}}"}""";
    }
}
