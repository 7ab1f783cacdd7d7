using System.Security.Cryptography;
using Slipway.Registry.Names;

namespace Slipway.Registry.Uploads;

/// <summary>What is kept in memory of an upload between its requests: its lock, and how far it has been hashed.</summary>
sealed class UploadState : IDisposable
{
    /// <summary>One request at a time adds to an upload.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Set once its row was found; null after a restart until then, and for uploads that never existed.</summary>
    public RepositoryName? Repository { get; set; }

    /// <summary>sha256 or sha512: what the client said it would close with, or the usual.</summary>
    public string Algorithm { get; set; } = "sha256";

    /// <summary>The hash over the first <see cref="Hashed"/> bytes. .NET can't save its state, so that it begins anew after a restart.</summary>
    public IncrementalHash? Hash { get; private set; }

    public long Hashed { get; private set; }

    /// <summary>Finished, cancelled or given up; who had waited for the gate finds nothing any more.</summary>
    public bool Ended { get; set; }

    public void HashFromStart(string algorithm)
    {
        Hash?.Dispose();
        Hash = IncrementalHash.CreateHash(algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
        (Algorithm, Hashed) = (algorithm, 0);
    }

    public void AddToHash(ReadOnlySpan<byte> bytes)
    {
        Hash!.AppendData(bytes);
        Hashed += bytes.Length;
    }

    /// <summary>It begins anew from what is stored.</summary>
    public void ForgetHash()
    {
        Hash?.Dispose();
        (Hash, Hashed) = (null, 0);
    }

    // The gate is not disposed: another request may be about to try it.
    public void Dispose() => ForgetHash();
}
