using System.Text.Json.Serialization;

namespace Slipway.Registry.Storage.Swift;

/// <summary>An object among those of which an upload or a blob is made: a segment, or a manifest over several.</summary>
/// <param name="Name">Behind "segments/UUID/".</param>
/// <param name="Etag">MD5 of its bytes; of a manifest, what the service answered.</param>
sealed record SwiftPiece(string Name, string Etag, long Size, bool IsGroup = false);

/// <summary>The first line of "uploads/UUID".</summary>
sealed record SwiftUploadLine(IReadOnlyList<SwiftPiece> Pieces);

/// <summary>An entry of a Static Large Object's manifest, as it is put.</summary>
sealed record SwiftManifestEntry(string Path, string Etag, [property: JsonPropertyName("size_bytes")] long SizeBytes);

/// <summary>A line of a container's listing: an object, or, with a delimiter, what several names begin with.</summary>
sealed record SwiftListed(string? Name, string? Subdir, long Bytes, [property: JsonPropertyName("last_modified")] DateTime LastModified);

sealed record KeystoneQuestion(KeystoneAuth Auth);

sealed record KeystoneAuth(KeystoneIdentity Identity, KeystoneScope? Scope);

sealed record KeystoneIdentity(
    IReadOnlyList<string> Methods, KeystonePassword? Password, [property: JsonPropertyName("application_credential")] KeystoneApplicationCredential? ApplicationCredential);

sealed record KeystonePassword(KeystoneUser User);

sealed record KeystoneUser(string Name, KeystoneDomain Domain, string Password);

sealed record KeystoneApplicationCredential(string Id, string Secret);

sealed record KeystoneScope(KeystoneProject Project);

sealed record KeystoneProject(string Name, KeystoneDomain Domain);

sealed record KeystoneDomain(string Name);

sealed record KeystoneAnswer(KeystoneToken? Token);

sealed record KeystoneToken([property: JsonPropertyName("expires_at")] DateTimeOffset? ExpiresAt, IReadOnlyList<KeystoneService>? Catalog);

sealed record KeystoneService(string? Type, IReadOnlyList<KeystoneEndpoint>? Endpoints);

sealed record KeystoneEndpoint(string? Interface, string? Region, [property: JsonPropertyName("region_id")] string? RegionId, string? Url);

[JsonSerializable(typeof(SwiftUploadLine))]
[JsonSerializable(typeof(List<SwiftManifestEntry>))]
[JsonSerializable(typeof(List<SwiftListed>))]
[JsonSerializable(typeof(KeystoneQuestion))]
[JsonSerializable(typeof(KeystoneAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class SwiftJson : JsonSerializerContext;
