using System.Collections.Concurrent;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Model;
using Slipway.Pipelines.Images.Bases;

namespace Slipway.Pipelines.Images;

/// <summary>
/// Gets the images that Dockerfiles are FROM, and those that services name, also on a network without a public registry:
/// <code>
/// the engine → our registry → the public registry → made here (Debian only)
/// </code>
/// What came from outside or was made is stored in our registry, so that it is asked for outside but once.
/// Thread-safe; an image that several builds ask for is got once.
/// </summary>
public sealed class BaseImages
{
    readonly DockerImages _images;
    readonly OwnRegistry _registry;
    readonly PublicRegistries _public;
    readonly Mmdebstrap _mmdebstrap;
    readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    internal BaseImages(DockerImages images, OwnRegistry registry, PublicRegistries publicRegistries, Mmdebstrap mmdebstrap) =>
        (_images, _registry, _public, _mmdebstrap) = (images, registry, publicRegistries, mmdebstrap);

    /// <summary>Brings the image onto the engine under the name it is asked for.</summary>
    /// <param name="refresh">Ask the public registry first, even where the engine has the image.</param>
    /// <param name="say">Gets one sentence about the way that was taken.</param>
    /// <exception cref="InvalidInputException">No way leads to it; the message lists what was tried and what each said.</exception>
    /// <exception cref="EngineException">The engine failed, or has no disk space.</exception>
    public async Task<ImageFacts> Provide(ImageReference reference, bool refresh, Action<string> say, CancellationToken cancel)
    {
        try
        {
            return await Get(reference, refresh, say, cancel);
        }
        catch (EngineException full) when (DiskSpace.IsMissing(full))
        {
            throw DiskSpace.Explain($"getting {reference.Familiar}", full);
        }
    }

    /// <summary>Gets the image by any way and stores it in our registry (<c>slipway base import</c>).</summary>
    /// <param name="name">debian:bookworm-slim</param>
    /// <exception cref="InvalidInputException">The name is no image's, or no way leads to it.</exception>
    /// <exception cref="EngineException">Our registry does not take it.</exception>
    public async Task<BaseImage> Import(string name, Action<string> say, CancellationToken cancel)
    {
        if (!ImageReference.TryParse(name, out var reference) || ImageNames.Base(reference) is not var (repository, tag))
            throw new InvalidInputException(new Diagnostic { Message = $"'{name}' can't be stored as a base image", Found = name, Expected = "[registry/]repository[:tag] in lower case, without a digest" });
        await Provide(reference, refresh: false, say, cancel);
        try
        {
            if (!await _registry.Has(repository, tag, cancel))
            {
                await Store(reference, cancel);
                say($"{reference.Familiar} is stored in our registry.");
            }
        }
        catch (Exception failure) when (IsOfRegistry(failure, cancel))
        {
            throw new EngineException(0, $"{reference.Familiar} is in the engine, but our registry ({_registry.Address}) does not take it: {failure.Message.Trim()}", failure);
        }
        return new BaseImage(reference.Familiar, $"{repository}:{tag}");
    }

    /// <summary>The base images in our registry, by name.</summary>
    /// <exception cref="HttpRequestException">Our registry does not answer.</exception>
    public async Task<IReadOnlyList<BaseImage>> List(CancellationToken cancel)
    {
        var found = new List<BaseImage>();
        foreach (var repository in await _registry.Repositories(ImageNames.BasePrefix, cancel))
            foreach (var tag in await _registry.Tags(repository, cancel))
                if (ImageNames.FromBase(repository, tag) is { } reference) found.Add(new BaseImage(reference.Familiar, $"{repository}:{tag}"));
        return [.. found.OrderBy(image => image.Name, StringComparer.Ordinal)];
    }

    async Task<ImageFacts> Get(ImageReference reference, bool refresh, Action<string> say, CancellationToken cancel)
    {
        if (!refresh && await _images.Find(reference.ToString(), cancel) is { } there)
        {
            say($"{reference.Familiar} is in the engine.");
            return there;
        }
        using var turn = await Turn(reference, cancel);
        var tried = new List<string>();
        var isOurs = reference.Registry == _registry.Address;
        if (refresh && await (isOurs ? FromOurs(reference, tried, say, cancel) : FromPublic(reference, tried, say, cancel))) return await Found(reference, cancel);
        if (await _images.Find(reference.ToString(), cancel) is { } meanwhile)
        {
            say(refresh ? $"{reference.Familiar} is used as the engine has it: {tried[0]}." : $"{reference.Familiar} is in the engine.");
            return meanwhile;
        }
        tried.Insert(0, "the engine does not have it");
        if (!(refresh && isOurs) && await FromOurs(reference, tried, say, cancel)) return await Found(reference, cancel);
        if (!(refresh || isOurs) && await FromPublic(reference, tried, say, cancel)) return await Found(reference, cancel);
        if (await Made(reference, tried, say, cancel)) return await Found(reference, cancel);
        throw Nowhere(reference, tried);
    }

    async Task<bool> FromOurs(ImageReference reference, List<string> tried, Action<string> say, CancellationToken cancel)
    {
        var isOurs = reference.Registry == _registry.Address;
        if (!isOurs && ImageNames.Base(reference) is null)
        {
            tried.Add("our registry keeps base images by tag only, not by a digest of another registry");
            return false;
        }
        var (repository, version) = isOurs ? (reference.Repository, reference.Digest?.Value ?? reference.Tag!) : ImageNames.Base(reference)!.Value;
        try
        {
            if (!await _registry.Has(repository, version, cancel))
            {
                tried.Add($"our registry ({_registry.Address}) does not have it");
                return false;
            }
            var name = _registry.Name(repository);
            await _images.Pull(isOurs ? reference.ToString() : $"{name}:{version}", _registry.Credential, cancel);
            if (!isOurs)
            {
                await _images.Tag($"{name}:{version}", reference.Name, reference.Tag!, cancel);
                await _images.Remove($"{name}:{version}", cancel);
            }
            say($"{reference.Familiar} is from our registry.");
            return true;
        }
        catch (Exception failure) when (IsOfRegistry(failure, cancel))
        {
            tried.Add($"our registry ({_registry.Address}) does not give it ({failure.Message.Trim().TrimEnd('.')})");
            return false;
        }
    }

    async Task<bool> FromPublic(ImageReference reference, List<string> tried, Action<string> say, CancellationToken cancel)
    {
        try
        {
            await _public.Pull(reference, cancel);
        }
        catch (BaseImageException failure)
        {
            tried.Add(failure.Message);
            return false;
        }
        say($"{reference.Familiar} is from {reference.Registry}.");
        await StoreIfPossible(reference, say, cancel);
        return true;
    }

    async Task<bool> Made(ImageReference reference, List<string> tried, Action<string> say, CancellationToken cancel)
    {
        if (DebianSuite.Of(reference) is not { } suite)
        {
            if (reference is { Registry: ImageReference.DockerHub, Repository: "library/debian" })
                tried.Add($"of Debian only these can be made here, each also with -slim: {DebianSuite.Known}");
            else
                tried.Add("it can't be made here, as debian:bookworm-slim and other Debian images can");
            return false;
        }
        try
        {
            say($"No registry has {reference.Familiar}: making it of Debian {suite.Name} with mmdebstrap; this takes about half a minute.");
            await _mmdebstrap.Make(suite, say, tar => _images.Import(tar, reference.Name, reference.Tag!, ["CMD [\"bash\"]"], cancel), cancel);
        }
        catch (BaseImageException failure)
        {
            tried.Add(failure.Message);
            return false;
        }
        say($"{reference.Familiar} was made with mmdebstrap.");
        await StoreIfPossible(reference, say, cancel);
        return true;
    }

    /// <summary>A build can go on with what the engine has now, whatever our registry says.</summary>
    async Task StoreIfPossible(ImageReference reference, Action<string> say, CancellationToken cancel)
    {
        if (ImageNames.Base(reference) is null) return;
        try
        {
            await Store(reference, cancel);
        }
        catch (Exception failure) when (IsOfRegistry(failure, cancel))
        {
            say($"{reference.Familiar} could not be stored in our registry: {failure.Message.Trim()}");
        }
    }

    async Task Store(ImageReference reference, CancellationToken cancel)
    {
        var (repository, tag) = ImageNames.Base(reference)!.Value;
        var name = _registry.Name(repository);
        await _images.Tag(reference.ToString(), name, tag, cancel);
        try
        {
            await _images.Push(name, tag, _registry.Credential, cancel);
        }
        finally
        {
            // Only the name: the image stays under the one that it was asked for.
            await _images.Remove($"{name}:{tag}", CancellationToken.None);
        }
    }

    async Task<ImageFacts> Found(ImageReference reference, CancellationToken cancel) =>
        await _images.Find(reference.ToString(), cancel) ?? throw new EngineException(0, $"The engine lost {reference.Familiar} right after it got it. Repeat; if it happens again, look for something that prunes images.");

    async Task<IDisposable> Turn(ImageReference reference, CancellationToken cancel)
    {
        var turn = _turns.GetOrAdd(reference.ToString(), _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancel);
        return new Release(turn);
    }

    static bool IsOfRegistry(Exception failure, CancellationToken cancel) =>
        failure is HttpRequestException || (failure is EngineException refused && !DiskSpace.IsMissing(refused)) || (failure is TaskCanceledException && !cancel.IsCancellationRequested);

    static InvalidInputException Nowhere(ImageReference reference, List<string> tried) => new(new Diagnostic
    {
        Message = $"the image {reference.Familiar} is nowhere to be had: {string.Join("; ", tried)}",
        Found = reference.Familiar,
        Expected = $"an image that one of these has; bring it onto this machine with 'slipway base import {reference.Familiar}' where it can be pulled or made, or with 'docker load' from a file",
    });

    sealed class Release(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
