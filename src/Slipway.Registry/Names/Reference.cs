using Slipway.Model;

namespace Slipway.Registry.Names;

/// <summary>How a manifest is asked for: by a tag or by its digest (a tag can't contain ':', a digest does).</summary>
abstract record Reference
{
    /// <summary>The text as it stands in a path.</summary>
    public abstract string Text { get; }

    public sealed record ByTag(TagName Tag) : Reference
    {
        public override string Text => Tag.Value;
    }

    public sealed record ByDigest(Digest Digest) : Reference
    {
        public override string Text => Digest.Value;
    }

    /// <summary>Null where the text is neither.</summary>
    public static Reference? TryParse(string text) =>
        Digest.TryParse(text, out var digest) ? new ByDigest(digest)
        : TagName.TryParse(text, out var tag) ? new ByTag(tag)
        : null;
}
