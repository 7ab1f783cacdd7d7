namespace Slipway.Registry.Storage;

/// <summary>
/// Where the registry's bytes are, when that is no folder: one record for each kind of store, which is all that the rest of the program knows of it.
/// </summary>
public abstract record StorageOptions
{
    /// <summary>Whether pulls of large blobs are sent on to the store itself, by an address that is good for <see cref="RedirectLifetime"/>. Default: no.</summary>
    public bool Redirect { get; init; }

    /// <summary>How long such an address is good for. Default: 20 minutes, in which a slow client can begin every layer of an image.</summary>
    public TimeSpan RedirectLifetime { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Bytes below which a blob comes from us all the same: a second connection costs the client more. Default: 256 KiB.</summary>
    public long RedirectFrom { get; init; } = 256 << 10;

    /// <summary>What it is, for people, without a secret: "s3 bucket images at https://s3.example.com".</summary>
    public abstract string Place { get; }

    /// <summary>Makes the store; nothing is asked of the service yet.</summary>
    internal abstract IBlobStore Open();
}
