using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Sites;

/// <summary>A folder of sites, and packs in it, written as the server writes them.</summary>
sealed class TestSite
{
    public static readonly DateTimeOffset Modified = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public string Folder { get; } = TestGateway.NewFolder();

    public Task<TestGateway> Start(Func<GatewayOptions, GatewayOptions>? change = null, string? folder = null) =>
        TestGateway.Start(folder, options => (change ?? (o => o))(options with { SitesFolder = Folder }));

    public static StaticFiles Settings { get; } = new() { Root = "/srv/www" };

    /// <summary>Writes the site of a release, and gives what a table names it by.</summary>
    public Upstream Write(int release, IReadOnlyDictionary<string, string> files, StaticFiles? settings = null, string? other = null, IReadOnlyDictionary<string, (string Coding, string Text)[]>? encoded = null)
    {
        var name = SitePack.NameOf("web", release, $"{release:x16}");
        Directory.CreateDirectory(Path.Combine(Folder, "shop"));
        using var pack = new FileStream(Path.Combine(Folder, "shop", name), FileMode.Create);
        var index = new SiteIndex
        {
            Settings = settings ?? Settings,
            Files = [.. files.Select(file => new SiteFile
            {
                Path = file.Key,
                Modified = Modified.ToUnixTimeSeconds(),
                Plain = Put(pack, file.Value),
                Brotli = Form(file.Key, "br"),
                Gzip = Form(file.Key, "gzip"),
            })],
        };
        var (offset, json) = (pack.Position, JsonSerializer.SerializeToUtf8Bytes(index, ModelJson.Default.SiteIndex));
        pack.Write(json);
        pack.Write(SitePack.Footer(offset, json));
        return Upstream.OfSite($"site{release}", $"shop/{name}", other);

        SiteBytes? Form(string path, string coding) =>
            encoded is not null && encoded.TryGetValue(path, out var forms) && forms.FirstOrDefault(f => f.Coding == coding) is { Text: { } text } ? Put(pack, text) : null;
    }

    public static Route Route(params Destination[] destinations) => new() { App = AppName.Parse("shop"), Service = "web", Hosts = ["app.test"], Destinations = destinations };

    public static Destination To(Upstream upstream, int release = 1, int weight = 1) => new() { Release = release, Weight = weight, Upstreams = [upstream] };

    public static string ETag(string content) => $"\"{Hash(content)}\"";

    static SiteBytes Put(FileStream pack, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = pack.Position;
        pack.Write(bytes);
        return new SiteBytes(at, bytes.Length, Hash(text));
    }

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
