using System.Numerics;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Names;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>Every parser of the registry against an oracle that is written another way: the regular expressions of the specifications.</summary>
public sealed class ParserProperties
{
    const string NameGrammar = @"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*";
    const string TagGrammar = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";
    const string DigestGrammar = "(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})";

    static readonly string Hex64 = new('a', 64);

    [Fact]
    public void RepositoryName_IsTheSpecificationsGrammar() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("a", "b0", ".", "_", "__", "-", "--", "/", "A", "%2f", "\n", "\0", " ", "é", "..", new string('x', 120)),
        text => RepositoryName.TryParse(text, out var name) == (Is(NameGrammar, text) && text.Length <= 255) && (name == default || name.Value == text)));

    [Fact]
    public void TagName_IsTheSpecificationsGrammar() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("a", "Z", "0", ".", "_", "-", ":", "/", "\n", " ", "é", new string('x', 60)),
        text => TagName.TryParse(text, out var tag) == Is(TagGrammar, text) && (tag == default || tag.Value == text)));

    [Fact]
    public void Digest_IsTheSpecificationsGrammar() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("sha256:", "sha512:", "md5:", "SHA256:", ":", Hex64, new string('0', 63), "a", "A", "g", "\n", "/", "..", "\0"),
        text => Digest.TryParse(text, out var digest) == Is(DigestGrammar, text) && (digest == default || digest.Value == text)));

    [Fact]
    public void Reference_IsADigestOrATag() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("sha256:", Hex64, "latest", "v1", ".", "-", ":", "/", "%"),
        text => Reference.TryParse(text) switch
        {
            Reference.ByDigest digest => Is(DigestGrammar, text) && digest.Text == text,
            Reference.ByTag tag => Is(TagGrammar, text) && !Is(DigestGrammar, text) && tag.Text == text,
            _ => !Is(TagGrammar, text) && !Is(DigestGrammar, text),
        }));

    [Fact]
    public void ChunkRange_IsTheSpecificationsGrammar() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("0", "9", "-", "12", "9223372036854775807", "18446744073709551616", " ", "+", "bytes ", "/", "٣"),
        text =>
        {
            var parsed = ChunkRange.TryParse(text, out var range);
            if (!Is("[0-9]+-[0-9]+", text)) return !parsed;
            var (first, last) = (BigInteger.Parse(text.Split('-')[0]), BigInteger.Parse(text.Split('-')[1]));
            // A length of a chunk must be a number that the system can count to.
            return parsed == (first <= last && last < long.MaxValue) && (!parsed || (range.First == first && range.Length == last - first + 1));
        }));

    /// <summary>RFC 9110, section 14.1.2, of one range; what the oracle does not know as one is answered with the whole.</summary>
    [Fact]
    public void ByteRange_IsRfc9110() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("bytes=", "0", "5", "99", "100", "12", "-", ",", " ", "9223372036854775807", "x", "Bytes="),
        Gen.Elements(0L, 1L, 100L, 1L << 40).ToArbitrary(),
        (text, size) =>
        {
            var request = new DefaultHttpContext().Request;
            request.Headers.Range = text;
            var found = ByteRange.Of(request, size, "\"x\"");
            var match = Regex.Match(text, @"^bytes=(?:(?<first>[0-9]+)-(?<last>[0-9]*)|-(?<suffix>[0-9]+))\z", RegexOptions.IgnoreCase);
            if (!match.Success) return found is null || IsInside(found.Value, size);
            // A number of more digits than any size has may be ignored: the whole is an answer to every range.
            if (found is not { } range) return match.Groups.Values.Skip(1).Any(number => number.Length > 18);
            var expected = Expected(match, size);
            return expected.Length == 0 ? !range.Satisfiable : range.First == expected[0] && range.Length == expected[1] - expected[0] + 1;
        }));

    [Fact]
    public void EntityTag_IsFoundAmongOthers() => Check.One(Texts.Many, Prop.ForAll(
        Gen.Elements("\"a\"", "W/\"a\"", "\"b\"", "*", "a", "b", "", "\"", "W/", "\"a").ListOf().ToArbitrary(),
        tags =>
        {
            var request = new DefaultHttpContext().Request;
            request.Headers.IfNoneMatch = string.Join(", ", tags);
            return EntityTag.NotModified(request, "\"a\"") == tags.Any(tag => tag is "\"a\"" or "W/\"a\"" or "*" or "a");
        }));

    /// <summary>The path is read from the right, and what stands before the endpoint is a name or the request is refused.</summary>
    [Fact]
    public void RegistryRequest_IsTheEndpointsOfTheSpecification() => Check.One(Texts.Many, Prop.ForAll(
        Texts.Of("/", "a", "A", "v1", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "..", "%2f", "sha256:" + Hex64, "sha256%3A" + Hex64, "sha256:x", "?n=1", "?://", "#", "1b671a64-40d5-491e-99b0-da01ff1f3341"),
        text =>
        {
            var target = "/v2/" + text;
            return Kind(RegistryRequest.Parse(target)) == ExpectedKind(target.Split('?', '#')[0])
                && Kind(RegistryRequest.Parse("http://registry.test:5000" + target)) == ExpectedKind(target.Split('?', '#')[0]);
        }));

    static string Kind(RegistryRequest request) => request switch
    {
        RegistryRequest.Base => "base",
        RegistryRequest.Catalog => "catalog",
        RegistryRequest.Tags tags => $"tags of {tags.Repository}",
        RegistryRequest.Manifest manifest => $"manifest of {manifest.Repository}",
        RegistryRequest.Referrers referrers => $"referrers of {referrers.Repository}",
        RegistryRequest.Blob blob => $"blob of {blob.Repository}",
        RegistryRequest.StartUpload start => $"start of {start.Repository}",
        RegistryRequest.Upload upload => $"upload of {upload.Repository}",
        RegistryRequest.Invalid { Error.Status: 400 } => "malformed",
        _ => "none",
    };

    static string ExpectedKind(string path)
    {
        if (path == "/v2/") return "base";
        if (path == "/v2/_catalog") return "catalog";
        foreach (var (pattern, kind) in new[]
        {
            ("/tags/list", "tags"), ("/manifests/(?<what>[^/]*)", "manifest"), ("/referrers/(?<what>[^/]*)", "referrers"), ("/blobs/uploads/?", "start"), ("/blobs/uploads/(?<what>[^/]*)", "upload"),
            ("/blobs/(?<what>[^/]*)", "blob"),
        })
        {
            var match = Regex.Match(path, $@"^/v2(?:/(?<name>.*))?{pattern}\z", RegexOptions.Singleline);
            if (!match.Success) continue;
            var (name, what) = (match.Groups["name"].Value, Uri.UnescapeDataString(match.Groups["what"].Value));
            if (!Is(NameGrammar, name) || name.Length > 255) return "malformed";
            if (kind is "referrers" or "blob" && !Is(DigestGrammar, what)) return "malformed";
            if (kind == "manifest" && what.Contains(':', StringComparison.Ordinal) && !Is(DigestGrammar, what)) return "malformed";
            return $"{kind} of {name}";
        }
        return "none";
    }

    /// <summary>First and last, or nothing where the range holds no byte.</summary>
    static BigInteger[] Expected(Match match, BigInteger size)
    {
        if (match.Groups["suffix"].Success)
        {
            var suffix = BigInteger.Min(BigInteger.Parse(match.Groups["suffix"].Value), size);
            return suffix == 0 ? [] : [size - suffix, size - 1];
        }
        var first = BigInteger.Parse(match.Groups["first"].Value);
        var last = match.Groups["last"].Value.Length == 0 ? size - 1 : BigInteger.Min(BigInteger.Parse(match.Groups["last"].Value), size - 1);
        return first > last ? [] : [first, last];
    }

    static bool IsInside(ByteRange range, long size) => !range.Satisfiable || (range.First >= 0 && range.First + range.Length <= size);

    static bool Is(string grammar, string text) => Regex.IsMatch(text, $@"^(?:{grammar})\z");
}
