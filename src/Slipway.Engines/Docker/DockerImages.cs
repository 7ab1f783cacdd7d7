using Slipway.Model;

namespace Slipway.Engines.Docker;

/// <summary>The engine's images. Thread-safe. All calls throw <see cref="EngineUnavailableException"/> where no engine answers.</summary>
public sealed class DockerImages(DockerClient client)
{
    /// <summary>What the engine has under this reference or identifier; null where it has nothing.</summary>
    public async Task<ImageFacts?> Find(string reference, CancellationToken cancel) =>
        (await client.Find($"/images/{Safe(reference)}/json", DockerJson.Default.ImageInspection, cancel))?.ToFacts();

    /// <summary>The image's ENTRYPOINT; null where it has none, or the engine does not have the image.</summary>
    internal async Task<IReadOnlyList<string>?> Entrypoint(string reference, CancellationToken cancel) =>
        (await client.Find($"/images/{Safe(reference)}/json", DockerJson.Default.ImageInspection, cancel))?.Config?.Entrypoint;

    /// <summary>Fetches an image from its registry. It takes as long as the registry lets it: the caller's token bounds the time.</summary>
    /// <exception cref="EngineException">The registry is away, does not have the image or refuses it; what the engine says of it.</exception>
    public async Task Pull(string reference, RegistryCredential? credential, CancellationToken cancel)
    {
        var image = ImageReference.Parse(reference);
        var version = image.Digest?.Value ?? image.Tag ?? "latest";
        using var answer = await client.Send(
            HttpMethod.Post, $"/images/create?fromImage={Uri.EscapeDataString(image.Name)}&tag={Uri.EscapeDataString(version)}", null, cancel, RegistryCredential.Header(credential));
        await foreach (var _ in client.ReadProgress(answer, cancel))
        {
            // Progress of the layers; only an error among it counts.
        }
    }

    /// <summary>Pushes a tagged image to the registry that its repository names, and returns the digest of its manifest there.</summary>
    /// <param name="repository">With the registry: 127.0.0.1:8080/guestbook/web</param>
    /// <exception cref="EngineException">The engine does not have it, or the registry refuses it.</exception>
    public async Task<Digest> Push(string repository, string tag, RegistryCredential? credential, CancellationToken cancel)
    {
        using var answer = await client.Send(
            HttpMethod.Post, $"/images/{Safe(repository)}/push?tag={Uri.EscapeDataString(tag)}", null, cancel, RegistryCredential.Header(credential));
        Digest? pushed = null;
        await foreach (var message in client.ReadProgress(answer, cancel))
            if (Digest.TryParse(message.AuxText("Digest"), out var digest)) pushed = digest;
        return pushed ?? throw new EngineException(0, $"The push of {repository}:{tag} ended without a digest.");
    }

    /// <summary>Gives an image one more name.</summary>
    public Task Tag(string source, string repository, string tag, CancellationToken cancel) =>
        client.Do(HttpMethod.Post, $"/images/{Safe(source)}/tag?repo={Uri.EscapeDataString(repository)}&tag={Uri.EscapeDataString(tag)}", null, cancel);

    /// <summary>Takes the name away, and the image with its last one. No error when it is gone.</summary>
    /// <exception cref="EngineException">A container still uses it (409).</exception>
    public async Task Remove(string reference, CancellationToken cancel) => await client.TryDo(HttpMethod.Delete, $"/images/{Safe(reference)}", cancel);

    /// <summary>Makes an image of one layer from a root filesystem, and returns its identifier.</summary>
    /// <param name="rootFilesystemTar">A tar, plain or compressed; read to its end and not closed.</param>
    /// <param name="changes">Dockerfile lines for its configuration: CMD ["bash"]</param>
    public async Task<string> Import(Stream rootFilesystemTar, string repository, string tag, IReadOnlyList<string> changes, CancellationToken cancel)
    {
        using var body = new StreamedContent("application/x-tar", rootFilesystemTar.CopyToAsync);
        var path = $"/images/create?fromSrc=-&repo={Uri.EscapeDataString(repository)}&tag={Uri.EscapeDataString(tag)}"
            + string.Concat(changes.Select(change => "&changes=" + Uri.EscapeDataString(change)));
        using var answer = await client.Send(HttpMethod.Post, path, body, cancel);
        string? id = null;
        await foreach (var message in client.ReadProgress(answer, cancel))
            if (message.Status is { } status && status.StartsWith("sha256:", StringComparison.Ordinal)) id = status;
        return id ?? throw new EngineException(0, $"The import of {repository}:{tag} ended without an image.");
    }

    /// <summary>A reference goes into the request's path, slashes and all; what is none must not choose another path.</summary>
    static string Safe(string reference) => ImageReference.TryParse(reference, out _) || Digest.TryParse(reference, out _)
        ? reference
        : throw new FormatException($"'{reference}' is no image reference: expected [registry/]repository[:tag][@digest], in lower case, or an image's identifier.");
}
