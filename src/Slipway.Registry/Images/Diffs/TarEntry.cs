namespace Slipway.Registry.Images.Diffs;

/// <summary>One entry of a layer, without its content.</summary>
/// <param name="Path">As in <see cref="LayerTree"/>: without leading or closing '/'.</param>
/// <param name="Type">The type flag of the header: '0' a file, '1' a hard link, '2' a symbolic link, '5' a folder ...</param>
/// <param name="Content">A hash of a file's bytes; default for everything else.</param>
sealed record TarEntry(string Path, char Type, long Size, int Mode, long Uid, long Gid, string? Target, UInt128 Content)
{
    public bool IsFolder => Type == '5';
}
