using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Compose Specification, build.md.</summary>
static class BuildReader
{
    public static BuildModel? Read(Field build, Field service, Reading reading)
    {
        if (build.IsMissing) return null;
        if (build.Node is Sequence) build.Error("a list can't be built", "a folder, or a mapping with context");
        var place = build.Node is Scalar ? build : build["context"].IsMissing ? build : build["context"];
        var written = build.Node is Scalar ? build.Text()! : build["context"].Text() ?? ".";
        var context = written;
        if (written.Contains("://", StringComparison.Ordinal) || written.StartsWith("git@", StringComparison.Ordinal))
        {
            place.Error($"the build context '{written}' is not on this machine", "a folder");
        }
        else
        {
            context = reading.HostPathOf(place, written);
            if (!Directory.Exists(context)) place.Error($"the build context '{written}' is no folder: {context} does not exist", "a folder");
        }

        var inline = build["dockerfile_inline"];
        if (!inline.IsMissing && !build["dockerfile"].IsMissing) inline.Error("dockerfile and dockerfile_inline exclude each other", "one of them");
        var platforms = build["platforms"].Texts();
        if (platforms.Count > 1) build["platforms"].Error($"{platforms.Count} platforms can't be built for", "one platform");
        var args = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in build["args"].Pairs())
            if ((value ?? reading.Variables.Find(name)) is { } given) args[name] = given;

        return new BuildModel
        {
            Context = context,
            Dockerfile = build["dockerfile"].Text() ?? "Dockerfile",
            DockerfileInline = inline.Text(),
            Target = build["target"].Text(),
            Args = args,
            Labels = build["labels"].Texts(emptyForNull: true),
            CacheFrom = build["cache_from"].Texts(),
            ExtraHosts = ContainerReader.ExtraHosts(build["extra_hosts"]),
            Network = build["network"].Text(),
            Platform = (platforms is [var platform, ..] ? platform : null) ?? service["platform"].Text(),
            NoCache = build["no_cache"].Bool() ?? false,
            Pull = build["pull"].Bool() ?? service["pull_policy"].Text() == "always",
            ShmSize = build["shm_size"].Bytes(),
        };
    }
}
