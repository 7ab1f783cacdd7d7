using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Slipway.Registry.Tests.Signatures;

/// <summary>Keys, certificates and signatures made by the openssl program, so that nothing of what is tested takes part in them.</summary>
sealed class OpenSsl : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-openssl-").FullName;
    int _next;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <param name="kind">P-256, P-384, P-521, RSA-2048 ..., ED25519.</param>
    public Key MakeKey(string kind)
    {
        var name = Name();
        string[] how = kind.StartsWith("RSA-", StringComparison.Ordinal) ? ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[4..]]
            : kind.StartsWith("P-", StringComparison.Ordinal) || kind.StartsWith("secp", StringComparison.Ordinal) ? ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind] : ["-algorithm", kind];
        Run(["genpkey", .. how, "-out", name]);
        return new Key(kind, name, Encoding.ASCII.GetString(Run("pkey", "-in", name, "-pubout")));
    }

    /// <summary>As cosign signs.</summary>
    public byte[] Sign(Key key, byte[] data, string hash = "sha256", bool pss = false) =>
        Run(["dgst", "-" + hash, "-sign", key.Path, .. pss ? (string[])["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"] : [], Write(data)]);

    /// <summary>As JWS and COSE have it: RSASSA-PSS, or both numbers of ECDSA at their full length.</summary>
    public byte[] SignFixed(Key key, byte[] data)
    {
        var hash = key.Kind switch { "P-256" or "RSA-2048" => "sha256", "P-384" or "RSA-3072" => "sha384", _ => "sha512" };
        if (key.Kind.StartsWith("RSA", StringComparison.Ordinal)) return Sign(key, data, hash, pss: true);
        var der = Sign(key, data, hash);
        var length = key.Kind switch { "P-256" => 32, "P-384" => 48, _ => 66 };
        // SEQUENCE { INTEGER r, INTEGER s }; its length may take two bytes.
        var at = der[1] < 0x80 ? 2 : 3;
        var fixedSize = new byte[2 * length];
        for (var i = 0; i < 2; i++)
        {
            var size = der[at + 1];
            var number = der.AsSpan(at + 2, size).TrimStart((byte)0);
            number.CopyTo(fixedSize.AsSpan((i + 1) * length - number.Length));
            at += 2 + size;
        }
        return fixedSize;
    }

    public bool Verify(string publicPem, byte[] data, byte[] signature)
    {
        try
        {
            Run("dgst", "-sha256", "-verify", Write(Encoding.ASCII.GetBytes(publicPem)), "-signature", Write(signature), Write(data));
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public const string RootExtensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign";
    public const string LeafExtensions = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning";

    /// <param name="issuer">Null: it signs itself.</param>
    public Certificate Certify(Key key, string subject, Certificate? issuer, string extensions, int days = 365, string hash = "sha256")
    {
        var (request, path) = (Name(), Name());
        Run("req", "-new", "-key", key.Path, "-subj", subject, "-out", request);
        string[] signer = issuer is null ? ["-signkey", key.Path] : ["-CA", issuer.Path, "-CAkey", issuer.Key.Path];
        Run(["x509", "-req", "-in", request, .. signer, "-extfile", Write(Encoding.ASCII.GetBytes(extensions + "\n")), "-days", days.ToString(CultureInfo.InvariantCulture), "-" + hash, "-set_serial", $"0x{Guid.NewGuid():N}"[..18], "-out", path]);
        return new Certificate(key, path, File.ReadAllText(path), Run("x509", "-in", path, "-outform", "DER"));
    }

    string Name() => Path.Combine(_folder, $"{++_next}");

    string Write(byte[] content)
    {
        var name = Name();
        File.WriteAllBytes(name, content);
        return name;
    }

    static byte[] Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException($"openssl {string.Join(' ', arguments)}: {errors.Result}");
    }

    public sealed record Key(string Kind, string Path, string Public);

    public sealed record Certificate(Key Key, string Path, string Pem, byte[] Der);
}
