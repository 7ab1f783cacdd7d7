using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Slipway.Model;

namespace Slipway.Gateway.Sites;

/// <summary>
/// A site as requests read it: what stands at each path, and one handle for all of its content. Immutable but for what is kept in memory.
/// </summary>
sealed class Site : IDisposable
{
    readonly SafeFileHandle _content;

    /// <summary>Every path that has an answer: files, folders with their index, and paths to which an extension belongs.</summary>
    readonly Dictionary<string, SiteTarget> _targets = new(StringComparer.Ordinal);

    readonly SiteEntry? _fallback;

    Site(string path, SafeFileHandle content, SiteIndex index, HotFiles hot)
    {
        (Path, _content, Hot) = (path, content, hot);
        var settings = index.Settings;
        var rules = new CacheRules(settings.Cache);
        foreach (var file in index.Files) _targets[file.Path] = new SiteTarget(new SiteEntry(file, rules.Of(file.Path)));
        var files = _targets.Values.Select(t => t.Entry!).ToList();
        foreach (var extension in settings.Extensions)
            foreach (var file in files.Where(f => f.Path.EndsWith(extension, StringComparison.Ordinal) && f.Path[^(extension.Length + 1)] != '/'))
                _targets.TryAdd(file.Path[..^extension.Length], new SiteTarget(file));
        foreach (var name in settings.Index)
            foreach (var file in files.Where(f => f.Path.EndsWith($"/{name}", StringComparison.Ordinal)))
            {
                var folder = file.Path[..^name.Length];
                if (_targets.TryAdd(folder, new SiteTarget(file)) && folder.Length > 1) _targets.TryAdd(folder[..^1], SiteTarget.Folder);
            }
        _fallback = settings.Fallback is { } fallback ? Entry(fallback) : null;
        NotFound = Entry(settings.NotFound ?? "/404.html");
    }

    /// <summary>APP/NAME, below the folder of sites.</summary>
    public string Path { get; }

    public HotFiles Hot { get; }

    public SiteEntry? NotFound { get; }

    /// <summary>Reads the index, and no content.</summary>
    /// <exception cref="IOException">It is not there or can't be read.</exception>
    /// <exception cref="InvalidDataException">It is no site, or not whole.</exception>
    public static Site Open(string folder, string path, HotFiles hot)
    {
        var content = File.OpenHandle(System.IO.Path.Combine(folder, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var length = RandomAccess.GetLength(content);
            var footer = new byte[SitePack.FooterLength];
            if (length < footer.Length || !SitePack.TryReadFooter(Read(content, footer, length - footer.Length), length, out var at, out var size)) throw new InvalidDataException($"{path} is no site, or not whole.");
            var index = Read(content, new byte[size], at);
            if (!SitePack.Fits(footer, index)) throw new InvalidDataException($"The index of {path} is damaged.");
            return new Site(path, content, JsonSerializer.Deserialize(index, ModelJson.Default.SiteIndex) ?? throw new InvalidDataException($"The index of {path} is empty."), hot);
        }
        catch (Exception broken)
        {
            content.Dispose();
            if (broken is JsonException) throw new InvalidDataException($"The index of {path} can't be read: {broken.Message}", broken);
            throw;
        }
    }

    public bool TryFind(string path, [NotNullWhen(true)] out SiteTarget? target) => _targets.TryGetValue(path, out target);

    /// <summary>The file itself, where its name says that it never changes.</summary>
    public SiteEntry? FindImmutable(string path) => _targets.TryGetValue(path, out var target) && target.Entry is { IsImmutable: true } entry && entry.Path == path ? entry : null;

    /// <summary>
    /// What answers a path that is none, of an application whose paths live in the browser. A path with an extension was meant to be a file: whoever asks for a
    /// script that is gone must not be given a page for it. But a person who goes there (Accept: text/html) gets the application.
    /// </summary>
    /// <param name="byAccept">The answer depends on what the client accepts.</param>
    public SiteEntry? Fallback(string path, string accept, out bool byAccept)
    {
        byAccept = false;
        if (_fallback is null) return null;
        byAccept = path.AsSpan(path.LastIndexOf('/') + 1).Contains('.');
        return !byAccept || accept.Contains("text/html", StringComparison.OrdinalIgnoreCase) ? _fallback : null;
    }

    /// <summary>Keeps the content readable until <see cref="Release"/>, also when the site is closed meanwhile. False: it is closed.</summary>
    public bool TryHold()
    {
        var isHeld = false;
        try
        {
            _content.DangerousAddRef(ref isHeld);
        }
        catch (ObjectDisposedException)
        {
        }
        return isHeld;
    }

    public void Release() => _content.DangerousRelease();

    /// <summary>Reads on a thread that may wait for the disk.</summary>
    public ValueTask<int> Read(Memory<byte> into, long offset) => RandomAccess.ReadAsync(_content, into, offset);

    public void Dispose()
    {
        Hot.Forget(_targets.Values.Select(t => t.Entry).OfType<SiteEntry>());
        _content.Dispose();
    }

    SiteEntry? Entry(string path) => _targets.TryGetValue(path, out var target) ? target.Entry : null;

    static byte[] Read(SafeFileHandle from, byte[] into, long offset)
    {
        for (var read = 0; read < into.Length;)
        {
            var piece = RandomAccess.Read(from, into.AsSpan(read), offset + read);
            if (piece == 0) throw new InvalidDataException("The site ends in the middle of its index.");
            read += piece;
        }
        return into;
    }
}

/// <summary>What stands at a path.</summary>
/// <param name="Entry">Null: a folder that was written without its slash.</param>
sealed record SiteTarget(SiteEntry? Entry)
{
    public static SiteTarget Folder { get; } = new((SiteEntry?)null);
}
