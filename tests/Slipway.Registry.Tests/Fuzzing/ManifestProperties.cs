using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>Manifests that are put together at random are read as they were put together, and what is damaged at random is refused or read, never an error of ours.</summary>
public sealed class ManifestProperties
{
    static readonly Gen<string> Digests = Gen.Choose(0, 20).Select(i => "sha256:" + new string((char)('a' + (i % 6)), 63) + (i / 6));

    [Fact]
    public void Image_IsReadAsItWasPutTogether() => Check.One(Texts.Many, Prop.ForAll(
        Digests.ToArbitrary(), Digests.ListOf().ToArbitrary(), ArbMap.Default.ArbFor<bool>(),
        (config, layers, elsewhere) =>
        {
            var urls = elsewhere ? ",\"urls\":[\"https://elsewhere.test/\"]" : "";
            var text = $$"""{"config":{{Descriptor(config)}},"schemaVersion":2,"layers":[{{string.Join(',', layers.Select(layer => Descriptor(layer, urls)))}}],"x":{"layers":[]} }""";
            string? mediaType = Client.OciImage;
            var wrong = ManifestDocument.Read(Encoding.UTF8.GetBytes(text), ref mediaType, out var document);
            string[] expected = elsewhere ? [config] : [config, .. layers];
            return wrong is null && document.Blobs.Select(digest => digest.Value).ToHashSet().SetEquals(expected) && !document.Children.Any();
        }));

    [Fact]
    public void Index_IsReadAsItWasPutTogether() => Check.One(Texts.Many, Prop.ForAll(
        Digests.ListOf().ToArbitrary(), Digests.ToArbitrary(),
        (manifests, subject) =>
        {
            var text = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","subject":{{Descriptor(subject)}},"manifests":[{{string.Join(',', manifests.Select(manifest => Descriptor(manifest)))}}]}""";
            string? mediaType = null;
            var wrong = ManifestDocument.Read(Encoding.UTF8.GetBytes(text), ref mediaType, out var document);
            return wrong is null && mediaType == Client.OciIndex && document.Subject!.Digest.Value == subject && !document.Blobs.Any()
                && document.Children.Select(digest => digest.Value).ToHashSet().SetEquals(manifests);
        }));

    [Fact]
    public void AnyText_IsReadOrRefused() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("{", "}", "[", "]", ",", ":", "null", "true", "2", "-1", "1e9", "\"schemaVersion\":2", "\"layers\":", "\"Layers\":", "\"config\":", "\"manifests\":", "\"annotations\":", "\"subject\":",
            "\"digest\":", "\"size\":", "\"\\ud800\"", "\"\\udc00\":1,", "\"layer\\u017f\":[],", "\"sha256:x\"", "\0", "\"", "{\"digest\":\"sha256:" + new string('a', 64) + "\",\"size\":1}"),
        text =>
        {
            string? mediaType = Client.OciImage;
            return ManifestDocument.Read(Encoding.UTF8.GetBytes("{" + text + "}"), ref mediaType, out var document) is not null || document.Config is not null;
        }));

    [Fact]
    public void AnyDamage_IsReadOrRefused()
    {
        var whole = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{Client.OciImage}}","config":{{Descriptor("sha256:" + new string('a', 64))}},"layers":[{{Descriptor("sha256:" + new string('b', 64))}}],"annotations":{"a":"b"} }""");
        var random = new Random(20261126);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = Mutation.Of(whole, random);
            string? mediaType = Client.OciImage;
            if (ManifestDocument.Read(damaged, ref mediaType, out var document) is null) document.Config.ShouldNotBeNull(Encoding.Latin1.GetString(damaged));
        }
    }

    static string Descriptor(string digest, string more = "") => $$"""{"mediaType":"application/octet-stream","digest":"{{digest}}","size":5{{more}}}""";
}
