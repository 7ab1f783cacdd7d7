using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Layouts;

/// <summary>What an image of an archive is called in our registry.</summary>
static class ImportName
{
    /// <param name="wanted">What the person asked for, or null: as the archive says.</param>
    /// <param name="alone">It is the archive's only image.</param>
    /// <param name="problem">Why it can't be named, where null is returned.</param>
    public static PlannedImage? For(ArchivedImage image, string? wanted, bool alone, out string? problem)
    {
        problem = null;
        var (repository, tag) = Own(image.Name);
        if (wanted is { } prefix && prefix.EndsWith('/'))
        {
            if (repository is not null) return Checked(image, prefix + repository.Split('/')[^1], tag, out problem);
            problem = $"the image {image.Digest} has no name in the archive{(tag is null ? "" : $", only the tag '{tag}'")}: give it one with --as NAME:TAG";
            return null;
        }
        if (wanted is not null)
        {
            if (!alone)
            {
                problem = $"there are several images in it, so '{wanted}' can't be the name of all: --as {wanted.Split(':')[0]}/ puts it before their own names";
                return null;
            }
            var colon = wanted.LastIndexOf(':');
            return colon > wanted.LastIndexOf('/')
                ? Checked(image, wanted[..colon], wanted[(colon + 1)..], out problem)
                : Checked(image, wanted, tag ?? "latest", out problem);
        }
        if (repository is not null) return Checked(image, repository, tag, out problem);
        problem = $"the image {image.Digest} has no name in the archive{(tag is null ? "" : $", only the tag '{tag}'")}: give it one with --as NAME:TAG";
        return null;
    }

    /// <summary>The name as it stands in the archive, without the registry that it came from.</summary>
    static (string? Repository, string? Tag) Own(string? name)
    {
        if (string.IsNullOrEmpty(name)) return (null, null);
        // A tag alone: what most tools write into a layout.
        if (!name.Contains('/', StringComparison.Ordinal) && !name.Contains(':', StringComparison.Ordinal)) return (null, name);
        if (!ImageReference.TryParse(name, out var reference)) return (null, null);
        var repository = reference.Registry == ImageReference.DockerHub && reference.Repository.StartsWith("library/", StringComparison.Ordinal) ? reference.Repository["library/".Length..] : reference.Repository;
        return (repository, reference.Tag);
    }

    static PlannedImage? Checked(ArchivedImage image, string repository, string? tag, out string? problem)
    {
        problem = !RepositoryName.TryParse(repository, out _) ? $"'{repository}' is no name of an image: expected {RepositoryName.Rule}"
            : tag is not null && !TagName.TryParse(tag, out _) ? $"'{tag}' is no tag: expected {TagName.Rule}"
            : null;
        return problem is null ? new PlannedImage(image.Digest, repository, tag) : null;
    }
}
