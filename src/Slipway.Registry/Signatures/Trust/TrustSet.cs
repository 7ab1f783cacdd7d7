using System.Security.Cryptography.X509Certificates;
using Slipway.Registry.Signatures.Keys;

namespace Slipway.Registry.Signatures.Trust;

/// <summary>What one project trusts. Immutable.</summary>
sealed record TrustSet(IReadOnlyList<TrustedKey> Keys, IReadOnlyList<TrustedRoot> Roots);

sealed record TrustedKey(string Name, VerificationKey Key);

/// <param name="Subject">What the certificate that signs must have; null: any.</param>
sealed record TrustedRoot(string Name, X509Certificate2 Certificate, SubjectPattern? Subject);
