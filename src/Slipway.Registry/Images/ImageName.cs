using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Images;

/// <summary>An image of this registry as people write it: team/app, team/app:1.2, team/app@sha256:...; without either the tag latest, as for docker.</summary>
sealed record ImageName(RepositoryName Repository, Reference Reference)
{
    public const string Rule = "REPOSITORY[:TAG] or REPOSITORY@DIGEST, without the registry's address";

    /// <exception cref="InvalidInputException">The text is none.</exception>
    public static ImageName Parse(string text) => TryParse(text) ?? throw new InvalidInputException(new Diagnostic
    {
        Message = $"'{(text.Length <= 300 ? text : text[..300] + "...")}' is no image", Key = "image", Found = text, Expected = Rule,
    });

    public static ImageName? TryParse(string text)
    {
        // A digest wins over a tag that stands beside it.
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (name, reference) = at >= 0 ? (text[..at], text[(at + 1)..]) : (text, null);
        if (name.LastIndexOf(':') is var colon and >= 0 && !name[colon..].Contains('/', StringComparison.Ordinal)) (name, reference) = (name[..colon], reference ?? name[(colon + 1)..]);
        if (!RepositoryName.TryParse(name, out var repository)) return null;
        var parsed = Reference.TryParse(reference ?? "latest");
        return parsed is null || (at >= 0 && parsed is Reference.ByTag) ? null : new ImageName(repository, parsed);
    }

    public override string ToString() => Reference is Reference.ByTag ? $"{Repository}:{Reference.Text}" : $"{Repository}@{Reference.Text}";
}
