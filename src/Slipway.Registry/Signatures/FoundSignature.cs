using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Signatures;

/// <summary>What was found out about one signature.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SignatureState>))]
public enum SignatureState
{
    /// <summary>It holds, by a key or certificate that is trusted here.</summary>
    Trusted,

    /// <summary>None of the keys and certificates that are trusted here made it.</summary>
    NotTrusted,

    /// <summary>It is malformed, of another image, expired, or by a certificate that may not sign.</summary>
    Invalid,
}

/// <summary>A signature of an image, as the registry judges it.</summary>
public sealed record FoundSignature
{
    /// <summary>cosign, sigstore bundle, notation JWS or notation COSE.</summary>
    public required string Format { get; init; }

    /// <summary>Of the manifest that carries it.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>What is signed: the image, or an index that has it as an entry.</summary>
    public required Digest Signed { get; init; }

    public required SignatureState State { get; init; }

    /// <summary>The trusted key or certificate, by its name here.</summary>
    public string? Signer { get; init; }

    /// <summary>The subject of the certificate that signed.</summary>
    public string? Subject { get; init; }

    /// <summary>The name of the image in what is signed, where the format has one (cosign's docker-reference).</summary>
    public string? Identity { get; init; }

    /// <summary>When it was signed, as the signer says; notation only.</summary>
    public DateTimeOffset? SignedAt { get; init; }

    /// <summary>Until when the signer stands for it; notation only.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Why it is not trusted.</summary>
    public string? Reason { get; init; }
}
