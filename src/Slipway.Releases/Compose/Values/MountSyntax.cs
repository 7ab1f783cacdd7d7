namespace Slipway.Releases.Compose;

/// <summary>The short form of a mount (Compose Specification, 05-services.md, "volumes"): [SOURCE:]TARGET[:MODE,...].</summary>
/// <param name="Source">Null for an anonymous volume.</param>
sealed record MountSyntax(string? Source, string Target, IReadOnlyList<string> Modes)
{
    public const string Expected = "[SOURCE:]TARGET[:MODE], for example data:/var/lib/data or ./conf:/etc/app:ro";

    public static MountSyntax Split(string text) => text.Split(':') switch
    {
        [var target] => new MountSyntax(null, Trim(target), []),
        [var source, var target] => new MountSyntax(source, Trim(target), []),
        [var source, var target, var modes] => new MountSyntax(source, Trim(target), modes.Split(',')),
        _ => new MountSyntax(null, "", []),
    };

    /// <summary>A path of the host, not the name of a volume.</summary>
    public static bool IsPath(string source) => source.StartsWith('.') || source.StartsWith('/') || source.StartsWith('~');

    static string Trim(string target) => target.Length > 1 ? target.TrimEnd('/') : target;
}
