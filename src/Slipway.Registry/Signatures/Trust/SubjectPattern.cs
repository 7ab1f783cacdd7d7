using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Slipway.Registry.Signatures.Trust;

/// <summary>
/// Some parts of a distinguished name, which a certificate's subject must have, each with this very value, whatever else it has
/// (Notary Project, specs/trust-store-trust-policy.md, "Trusted Identities Constraints").
/// </summary>
sealed partial class SubjectPattern
{
    const int Longest = 1000;

    readonly HashSet<(string Type, string Value)> _parts;

    SubjectPattern(HashSet<(string Type, string Value)> parts) => _parts = parts;

    /// <param name="text">C=DE, O=Shop; also as notation writes it, with "x509.subject:" before it.</param>
    /// <returns>Null where it is none.</returns>
    public static SubjectPattern? TryParse(string text)
    {
        const string Prefix = "x509.subject:";
        if (text.Length > Longest) return null;
        if (text.StartsWith(Prefix, StringComparison.Ordinal)) text = text[Prefix.Length..];
        try
        {
            // .NET reads CN=a+OU=b on some systems as one value, on others as a part of two attributes: neither would be what is meant.
            if (SeveralInOne().IsMatch(text)) return null;
            return Parts(new X500DistinguishedName(text.Trim())) is { Count: > 0 } parts ? new SubjectPattern(parts) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public bool Matches(X509Certificate2 certificate)
    {
        try
        {
            return _parts.IsSubsetOf(Parts(certificate.SubjectName));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    // A part of several attributes (CN=a+OU=b) is none that could be asked for.
    static HashSet<(string, string)> Parts(X500DistinguishedName name) =>
        [.. name.EnumerateRelativeDistinguishedNames().Where(part => !part.HasMultipleElements).Select(part => (part.GetSingleElementType().Value ?? "", part.GetSingleElementValue() ?? ""))];

    [GeneratedRegex(@"\+\s*[A-Za-z0-9.]+\s*=", RegexOptions.CultureInvariant)]
    private static partial Regex SeveralInOne();
}
