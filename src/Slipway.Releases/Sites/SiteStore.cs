using System.Globalization;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Releases.Sites;

/// <summary>
/// The sites on this machine, in DATA/sites. One is there whole or not at all, and says by its name whose it is, so that a server with an empty memory finds
/// all of them. To the reconciler each is an instance that runs. Thread-safe.
/// </summary>
sealed class SiteStore(string folder, TimeProvider time, SiteLimits? limits = null)
{
    const string Unfinished = ".new";

    readonly Lock _gate = new();
    readonly HashSet<string> _writing = [];

    /// <summary>The app's sites. What a server that was killed left half done goes on the way.</summary>
    public IReadOnlyList<Instance> Observe(AppName app)
    {
        var own = FolderOf(app);
        if (!Directory.Exists(own)) return [];
        var found = new List<Instance>();
        foreach (var file in new DirectoryInfo(own).EnumerateFiles())
            if (SitePack.TryParseName(file.Name, out var service, out var release, out var hash)) found.Add(Describe(app, file, service, release, hash));
            else Discard(file);
        return [.. found.OrderBy(i => i.Service, StringComparer.Ordinal).ThenBy(i => i.Release)];
    }

    /// <summary>Takes the workload's files out of its image. Nothing is done where they are there.</summary>
    /// <returns>Null: they were.</returns>
    /// <exception cref="SiteException">What the image holds can't be a site.</exception>
    /// <exception cref="EngineException">The engine refused, or has no such folder.</exception>
    public async Task<SiteReport?> Unpack(IEngine engine, Workload workload, CancellationToken cancel)
    {
        var settings = workload.Static ?? throw new ArgumentException($"{workload.Service} of {workload.App} has a container.", nameof(workload));
        var path = Path.Combine(FolderOf(workload.App), SitePack.NameOf(workload.Service, workload.Release, workload.Hash));
        if (File.Exists(path)) return null;
        CreateFolder(workload.App);
        var unfinished = path + Unfinished;
        lock (_gate) _writing.Add(unfinished);
        try
        {
            SiteReport? report = null;
            await engine.ReadImage(workload.Image, settings.Root, async (archive, stop) => report = await Write(archive, settings, unfinished, stop), cancel);
            File.SetLastWriteTimeUtc(unfinished, time.GetUtcNow().UtcDateTime);
            File.Move(unfinished, path, overwrite: true);
            return report;
        }
        finally
        {
            File.Delete(unfinished);
            lock (_gate) _writing.Remove(unfinished);
        }
    }

    /// <summary>A gateway that still reads it reads on.</summary>
    public void Remove(Instance instance)
    {
        if (instance.Site is { } site && SitePack.IsPath(site) && Directory.Exists(FolderOf(instance.App))) File.Delete(Path.Combine(folder, site));
    }

    /// <summary>Nothing of the app is left.</summary>
    public void Forget(AppName app)
    {
        if (Directory.Exists(FolderOf(app))) Directory.Delete(FolderOf(app), recursive: true);
    }

    async Task<SiteReport> Write(Stream archive, StaticFiles settings, string path, CancellationToken cancel)
    {
        await using var pack = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 64 * 1024 });
        var report = await new SitePacker(settings, limits ?? new SiteLimits()).Pack(archive, pack, cancel);
        // Before it has its name: what has one after a power cut is whole. A name that is lost with the power is made again.
        pack.Flush(flushToDisk: true);
        return report;
    }

    void Discard(FileInfo file)
    {
        if (!file.Name.EndsWith(Unfinished, StringComparison.Ordinal)) return;
        lock (_gate)
            if (!_writing.Contains(file.FullName)) file.Delete();
    }

    void CreateFolder(AppName app)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(FolderOf(app));
        else Directory.CreateDirectory(FolderOf(app), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    string FolderOf(AppName app) => Path.Combine(Path.GetFullPath(folder), app.Value);

    static Instance Describe(AppName app, FileInfo file, string service, int release, string hash) => new()
    {
        // One that is unpacked again is another one: what is stored of the first (that it drains, that it goes) is not said of it.
        Id = string.Create(CultureInfo.InvariantCulture, $"{hash}.{app}.{service}.v{release}.{new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds()}"),
        Name = $"{app}.{service}.v{release}.files",
        App = app,
        Service = service,
        Release = release,
        Hash = hash,
        Index = 1,
        State = InstanceState.Running,
        Site = $"{app}/{file.Name}",
        Created = file.LastWriteTimeUtc,
        Started = file.LastWriteTimeUtc,
    };
}
