using System.Security.Cryptography;
using System.Text;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Bytes with their digest by either algorithm, and the manifests that are made of them (OCI Image Specification 1.1).</summary>
sealed record Content(string Digest, byte[] Bytes, string MediaType)
{
    public const string Image = Client.OciImage;
    public const string Index = Client.OciIndex;
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string Empty = "application/vnd.oci.empty.v1+json";

    public string Algorithm => Digest.Split(':')[0];

    public static string DigestOf(string algorithm, byte[] bytes) =>
        algorithm + ":" + Convert.ToHexStringLower(algorithm == "sha512" ? SHA512.HashData(bytes) : SHA256.HashData(bytes));

    public static Content Of(string algorithm, byte[] bytes, string mediaType = Layer) => new(DigestOf(algorithm, bytes), bytes, mediaType);

    public static Content Random(string algorithm = "sha256", int size = 512, string mediaType = Layer) => Of(algorithm, RandomNumberGenerator.GetBytes(size), mediaType);

    public string Descriptor(string more = "") => $$"""{"mediaType":"{{MediaType}}","digest":"{{Digest}}","size":{{Bytes.Length}}{{more}}}""";

    /// <param name="more">Further members, each with a comma before it.</param>
    public static Content ImageOf(Content config, IEnumerable<Content> layers, string more = "", string algorithm = "sha256") =>
        ImageOf(config.Descriptor(), layers.Select(layer => layer.Descriptor()), more, algorithm);

    public static Content ImageOf(string config, IEnumerable<string> layers, string more = "", string algorithm = "sha256") => Of(
        algorithm, Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Image}}","config":{{config}},"layers":[{{string.Join(',', layers)}}]{{more}}}"""), Image);

    public static Content IndexOf(IEnumerable<Content> manifests, string more = "", string algorithm = "sha256") => Of(
        algorithm,
        Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Index}}","manifests":[{{string.Join(',', manifests.Select(manifest => manifest.Descriptor()))}}]{{more}}}"""),
        Index);
}
