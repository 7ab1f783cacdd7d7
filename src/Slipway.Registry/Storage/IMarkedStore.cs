namespace Slipway.Registry.Storage;

/// <summary>A store that keeps a line which says whose it is.</summary>
interface IMarkedStore
{
    /// <summary>Where the mark is, for people: a file, or the name of an object.</summary>
    string MarkPlace { get; }

    /// <summary>Null where there is none.</summary>
    Task<string?> ReadMark(CancellationToken cancel);

    /// <summary>Writes it, durably, in the place of another.</summary>
    Task WriteMark(string mark, CancellationToken cancel);
}
