using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;

namespace Slipway.Registry.Signatures.Keys;

/// <summary>
/// A public key that signatures of images are verified with: ECDSA on P-256, P-384 or P-521, or RSA of 2048 to 8192 bits. (Ed25519 is not in .NET 10.)
/// Immutable, thread-safe.
/// </summary>
sealed class VerificationKey
{
    const int SmallestRsa = 2048, LargestRsa = 8192;

    readonly byte[] _info;
    readonly bool _isRsa;

    VerificationKey(byte[] info, bool isRsa, int size) => (_info, _isRsa, Size) = (info, isRsa, size);

    /// <summary>Bits: of the modulus, or 256, 384, 521 for a curve.</summary>
    public int Size { get; }

    public bool IsRsa => _isRsa;

    /// <summary>ECDSA P-256, RSA 3072 ...</summary>
    public string Algorithm => _isRsa ? $"RSA {Size}" : $"ECDSA P-{Size}";

    /// <summary>SHA-256 of its SubjectPublicKeyInfo, in hexadecimal digits.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(_info));

    /// <summary>The hash that goes with the size of the key (RFC 7518, section 3.1; the Notary Project's "Algorithm Selection").</summary>
    public HashAlgorithmName NaturalHash => Size switch
    {
        256 or 2048 => HashAlgorithmName.SHA256,
        384 or 3072 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    /// <summary>What a key can't be used for, or null.</summary>
    public static string? Read(ReadOnlySpan<byte> info, out VerificationKey? key)
    {
        key = null;
        try
        {
            var read = PublicKey.CreateFromSubjectPublicKeyInfo(info, out var length);
            if (length != info.Length) return "it has bytes behind its end";
            if (read.GetRSAPublicKey() is { } rsa)
            {
                using (rsa)
                {
                    if (rsa.KeySize is < SmallestRsa or > LargestRsa) return $"it is an RSA key of {rsa.KeySize} bits";
                    key = new VerificationKey(info.ToArray(), isRsa: true, rsa.KeySize);
                    return null;
                }
            }
            if (read.GetECDsaPublicKey() is { } curve)
            {
                using (curve)
                {
                    var size = curve.ExportParameters(false).Curve.Oid.Value switch { "1.2.840.10045.3.1.7" => 256, "1.3.132.0.34" => 384, "1.3.132.0.35" => 521, _ => 0 };
                    if (size == 0) return "its curve is none of P-256, P-384 and P-521";
                    key = new VerificationKey(info.ToArray(), isRsa: false, size);
                    return null;
                }
            }
            return read.Oid.Value is "1.3.101.112" or "1.3.101.113" ? "it is an Ed25519 or Ed448 key, which .NET 10 can't verify with" : $"it is of the algorithm {read.Oid.Value}";
        }
        catch (CryptographicException)
        {
            return "its bytes are no public key";
        }
    }

    /// <param name="pem">A file of <c>cosign generate-key-pair</c> or <c>openssl pkey -pubout</c>.</param>
    /// <exception cref="InvalidInputException">It is no such file.</exception>
    public static VerificationKey Parse(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields)) throw Wrong("is no PEM file");
        var label = pem[fields.Label];
        if (label.Contains("PRIVATE KEY", StringComparison.Ordinal)) throw Wrong("is a private key, which belongs to who signs alone");
        if (label == "CERTIFICATE") throw Wrong("is a certificate (those are given as --certificate)");
        if (label != "PUBLIC KEY") throw Wrong($"is a PEM file of a '{(label.Length <= 40 ? label : label[..40])}'");
        if (PemEncoding.TryFind(pem.AsSpan()[fields.Location.End..], out _)) throw Wrong("has more than one key");
        return Read(Convert.FromBase64String(pem[fields.Base64Data]), out var key) is { } wrong ? throw Wrong($"can't be used: {wrong}") : key!;

        static InvalidInputException Wrong(string what) => new(new Diagnostic
        {
            Message = $"The key {what}",
            Key = "key",
            Expected = "a PEM file with one PUBLIC KEY: ECDSA on P-256, P-384 or P-521, or RSA of 2048 to 8192 bits",
        });
    }

    /// <summary>PEM, as cosign reads it.</summary>
    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", _info) + "\n";

    /// <summary>
    /// A signature as cosign makes it: ECDSA in DER or RSA, over SHA-256, which its specification pins, or the hash that goes with the key's size, which its
    /// newer versions take. No format says which padding RSA has: either will do.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        foreach (var hash in NaturalHash == HashAlgorithmName.SHA256 ? [HashAlgorithmName.SHA256] : new[] { HashAlgorithmName.SHA256, NaturalHash })
            if (_isRsa ? VerifyRsa(data, signature, hash, RSASignaturePadding.Pkcs1) || VerifyRsa(data, signature, hash, RSASignaturePadding.Pss)
                : VerifyCurve(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence)) return true;
        return false;
    }

    public bool VerifyRsa(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        if (!_isRsa) return false;
        using var rsa = PublicKey.CreateFromSubjectPublicKeyInfo(_info, out _).GetRSAPublicKey()!;
        return rsa.VerifyData(data, signature, hash, padding);
    }

    public bool VerifyCurve(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash, DSASignatureFormat format)
    {
        if (_isRsa) return false;
        using var curve = PublicKey.CreateFromSubjectPublicKeyInfo(_info, out _).GetECDsaPublicKey()!;
        return curve.VerifyData(data, signature, hash, format);
    }
}
