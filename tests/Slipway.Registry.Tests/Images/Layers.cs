using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Slipway.Registry.Tests.Images;

/// <summary>Layers as clients make them.</summary>
static class Layers
{
    /// <param name="entries">"path" a file with that content; "path/" a folder; "path -> target" a link. The text before a '|' in the content is the mode.</param>
    public static byte[] Tar(TarEntryFormat format, params (string Path, string Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, format, leaveOpen: true))
        {
            foreach (var (path, text) in entries)
            {
                var link = path.Split(" -> ");
                var (mode, content) = text.Split('|') is [var octal, var rest] ? (Convert.ToInt32(octal, 8), rest) : (420, text);
                var type = link.Length > 1 ? TarEntryType.SymbolicLink : path.EndsWith('/') ? TarEntryType.Directory : format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.Gnu => new GnuTarEntry(type, link[0]),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, link[0]),
                    TarEntryFormat.V7 => new V7TarEntry(type, link[0]),
                    _ => new PaxTarEntry(type, link[0]),
                };
                entry.Mode = (UnixFileMode)mode;
                if (link.Length > 1) entry.LinkName = link[1];
                else if (!path.EndsWith('/')) entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                tar.WriteEntry(entry);
            }
        }
        return bytes.ToArray();
    }

    public static byte[] Gzip(byte[] tar)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest)) gzip.Write(tar);
        return bytes.ToArray();
    }

    /// <summary>Pushes an image of gzipped layers; returns its digest.</summary>
    public static async Task<string> Push(HttpClient client, string repository, string reference, string config, params byte[][] tars)
    {
        var content = Encoding.UTF8.GetBytes(config);
        var layers = new List<string>();
        foreach (var tar in tars)
        {
            var packed = Gzip(tar);
            layers.Add($$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{await client.PushBlob(repository, packed)}}","size":{{packed.Length}}}""");
        }
        var manifest =
            $$"""
            {"schemaVersion":2,"mediaType":"{{Client.OciImage}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{await client.PushBlob(repository, content)}}","size":{{content.Length}}},"layers":[{{string.Join(',', layers)}}]}
            """;
        (await client.PutManifest(repository, reference, manifest)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Created);
        return Client.Sha256(Encoding.UTF8.GetBytes(manifest));
    }
}
