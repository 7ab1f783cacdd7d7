using System.Text;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>
/// Secrets and configs of releases, by content and mode: <c>DATA/files/HASH.MODE</c>. A release names its own copies, so that a rollback
/// restores what the person has changed since. The engine mounts these files themselves, so they have the mode that the container's user is to see:
/// the grant's, else 0444 (Compose Specification, services.md, secrets). On the machine nobody else gets at them: the data folder is 0700.
/// </summary>
sealed class GrantedFiles(string folder)
{
    const int DefaultMode = 0b100_100_100, AllModes = 0b111_111_111;

    public AppModel Keep(AppModel model) => With(model, store: true);

    /// <summary>As <see cref="Keep(AppModel)"/> would name them, and nothing kept.</summary>
    public AppModel Named(AppModel model) => With(model, store: false);

    AppModel With(AppModel model, bool store) => model with { Services = [.. model.Services.Select(s => Keep(s, store))] };

    ServiceModel Keep(ServiceModel service, bool store) => service.Container.Files.Count == 0 ? service
        : service with { Container = service.Container with { Files = [.. service.Container.Files.Select(grant => Keep(service.Name, grant, store))] } };

    FileGrant Keep(string service, FileGrant grant, bool store)
    {
        var content = grant.Content is not null ? Encoding.UTF8.GetBytes(grant.Content) : Read(service, grant);
        var mode = (grant.Mode ?? DefaultMode) & AllModes;
        var path = Path.Combine(folder, $"{Digest.Sha256(content).Hex}.{Convert.ToString(mode, 8).PadLeft(3, '0')}");
        if (store && !File.Exists(path)) Store(path, content, (UnixFileMode)mode);
        return grant with { Source = path, Content = null };
    }

    static byte[] Read(string service, FileGrant grant)
    {
        try
        {
            return File.ReadAllBytes(grant.Source ?? throw new FileNotFoundException("it names no file"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Diagnostic
            {
                Message = $"the {(grant.IsSecret ? "secret" : "config")} '{grant.Name}' can't be read: {error.Message}",
                Key = $"services.{service}.{(grant.IsSecret ? "secrets" : "configs")}.{grant.Name}",
                Found = grant.Source,
                Expected = "a file that the server can read",
            });
        }
    }

    void Store(string path, byte[] content, UnixFileMode mode)
    {
        Directory.CreateDirectory(folder);
        var unfinished = path + "." + Guid.NewGuid().ToString("N");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(content);
            // By hand, because the mode of a file that is made loses the bits of the process's umask.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, mode);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }
}
