namespace Slipway.Registry.Storage;

/// <summary>A store whose blobs can be fetched from it by an address that needs no further credential.</summary>
interface IPresignedBlobs
{
    /// <summary>Where the blob can be had by GET, in whole or by ranges, for as long as is said. Asks nothing of the service. Thread-safe.</summary>
    Task<Uri> Presign(string key, TimeSpan lifetime);
}
