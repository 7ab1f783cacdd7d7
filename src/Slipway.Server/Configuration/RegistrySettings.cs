using System.Globalization;
using Slipway.Model;
using Slipway.Registry;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// The section <c>registry</c>: where the registry's bytes are, what clients call it, and its bounds. Sizes and durations are written as in Compose.
/// <code>
/// registry:
///   publicUrl: https://registry.example.com    # default: what each request was sent to
///   lease: 2d                                  # default: 1d
///   minFree: 2gb                               # default: 512mb
///   storage: {type: s3, ...}                   # default: DATA/registry
/// </code>
/// </summary>
static class RegistrySettings
{
    /// <summary>Shorter ones would let a collection take from a push what it has just sent.</summary>
    static readonly TimeSpan LeastLease = TimeSpan.FromMinutes(1);

    static readonly (string Name, Func<RegistryOptions, string, RegistryOptions> Set)[] Keys =
    [
        ("publicUrl", (options, value) => options with { PublicUrl = PublicUrl(value) }),
        ("lease", (options, value) => options with { Lease = Duration(value, LeastLease, "1m") }),
        ("uploadLifetime", (options, value) => options with { UploadLifetime = Duration(value, LeastLease, "1m") }),
        ("collectEvery", (options, value) => options with { Collection = options.Collection with { Interval = value == "never" ? TimeSpan.Zero : Duration(value, LeastLease, "1m") } }),
        ("collectUntaggedAfter", (options, value) => options with { Collection = options.Collection with { UntaggedAfter = Duration(value, LeastLease, "1m") } }),
        ("scrubRate", (options, value) => options with { Scrub = options.Scrub with { BytesPerSecond = Size(value) } }),
        ("scrubEvery", (options, value) => options with { Scrub = options.Scrub with { Interval = Duration(value, LeastLease, "1m") } }),
        ("minFree", (options, value) => options with { MinFreeBytes = Size(value) }),
        ("minDataRate", (options, value) => options with { MinDataRate = Size(value) }),
        ("maxManifest", (options, value) => options with { MaxManifestBytes = (int)Math.Min(Size(value, 4 << 20, "4mb, which the specification asks for,"), 1 << 30) }),
        ("maxUploads", (options, value) => options with { MaxUploads = Count(value) }),
        ("maxUploadsOfAccount", (options, value) => options with { MaxUploadsOfAccount = Count(value) }),
    ];

    /// <summary>What is written, over <paramref name="options"/>.</summary>
    /// <exception cref="InvalidInputException">It can't be read; every error names its key and line.</exception>
    public static RegistryOptions Read(YamlNode registry, RegistryOptions options)
    {
        if (registry is not YamlMappingNode mapping) throw new InvalidInputException(Wrong(registry, null, "is no mapping of keys to values", "for example  storage: {type: s3, ...}"));
        var errors = new List<Diagnostic>();
        foreach (var (name, node) in mapping.Children)
        {
            var key = name.ToString();
            try
            {
                if (key == "storage") options = options with { Storage = StorageSettings.Read(node) };
                else if (Array.Find(Keys, known => known.Name == key).Set is not { } set)
                    errors.Add(Wrong(name, key, "is no key of the registry", $"storage, {string.Join(", ", Keys.SkipLast(1).Select(known => known.Name))} or {Keys[^1].Name}"));
                else if (node is not YamlScalarNode { Value: { Length: > 0 } value }) errors.Add(Wrong(node, key, "has no value of the right kind", "one line of text"));
                else options = set(options, value);
            }
            catch (InvalidInputException wrong)
            {
                errors.AddRange(wrong.Diagnostics.Select(one => one.Key is null ? Wrong(node, key, one.Message, one.Expected) : one));
            }
        }
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    static string PublicUrl(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? value.TrimEnd('/')
            : throw Wrong("is no address that clients can call the registry by", "scheme and host alone: https://registry.example.com");

    static TimeSpan Duration(string value, TimeSpan least, string leastText) =>
        !Durations.TryParse(value, out var duration) ? throw Wrong($"'{value}' is no duration", Durations.Expected)
        : duration < least ? throw Wrong($"'{value}' is too short", $"{leastText} or more")
        : duration;

    static long Size(string value, long least = 0, string leastText = "0") =>
        !ByteSizes.TryParse(value, out var size) ? throw Wrong($"'{value}' is no size", ByteSizes.Expected)
        : size < least ? throw Wrong($"'{value}' is too little", $"{leastText} or more")
        : size;

    static int Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : throw Wrong($"'{value}' is no number of them", "1 or more");

    static InvalidInputException Wrong(string message, string expected) => new(new Diagnostic { Message = message, Expected = expected });

    static Diagnostic Wrong(YamlNode at, string? key, string message, string? expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = key is null ? "registry" : $"registry.{key}", Message = message, Expected = expected };
}
