namespace Slipway.Pipelines.Images.Bases;

/// <summary>Where Debian's packages come from. On a closed network this machine's own apt knows a mirror that can be reached, so its sources are used.</summary>
/// <param name="Archive">http://deb.debian.org/debian</param>
/// <param name="Security">http://deb.debian.org/debian-security, or null where this machine has none.</param>
internal sealed record DebianMirror(string Archive, string? Security)
{
    static readonly DebianMirror Public = new("http://deb.debian.org/debian", "http://deb.debian.org/debian-security");

    /// <param name="folder">apt's configuration: /etc/apt</param>
    public static DebianMirror OfThisMachine(string folder)
    {
        var uris = Files(folder).SelectMany(File.ReadLines).SelectMany(Uris).ToList();
        var archive = uris.Find(uri => LastPart(uri) == "debian");
        return archive is null ? Public : new DebianMirror(archive, uris.Find(uri => LastPart(uri) == "debian-security"));
    }

    /// <summary>Lines of sources.list for a suite, verified by Debian's keyring.</summary>
    public IEnumerable<string> Sources(DebianSuite suite, string keyring)
    {
        yield return $"deb [signed-by={keyring}] {Archive} {suite.Name} main";
        if (!suite.HasUpdates) yield break;
        yield return $"deb [signed-by={keyring}] {Archive} {suite.Name}-updates main";
        if (Security is not null) yield return $"deb [signed-by={keyring}] {Security} {suite.Name}-security main";
    }

    static IEnumerable<string> Files(string folder)
    {
        var list = Path.Combine(folder, "sources.list");
        if (File.Exists(list)) yield return list;
        var parts = Path.Combine(folder, "sources.list.d");
        if (!Directory.Exists(parts)) yield break;
        foreach (var file in Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal))
            if (Path.GetExtension(file) is ".list" or ".sources") yield return file;
    }

    /// <summary>Of both forms: "deb [options] URI suite component" and "URIs: URI URI" (sources.list(5)).</summary>
    static IEnumerable<string> Uris(string line)
    {
        if (!line.StartsWith("deb ", StringComparison.Ordinal) && !line.StartsWith("URIs:", StringComparison.OrdinalIgnoreCase)) return [];
        return line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => Uri.TryCreate(word, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            .Select(word => word.TrimEnd('/'));
    }

    static string LastPart(string uri) => uri[(uri.LastIndexOf('/') + 1)..];
}
