namespace Slipway.Registry.Storage;

/// <summary>A store that can try by itself whether its settings are right and its rights enough.</summary>
interface ICheckedStore
{
    /// <exception cref="IOException">They are not; the text says which setting to look at.</exception>
    Task Check(CancellationToken cancel);
}
