using System.Text;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>
/// Secrets and configs of releases, by content: <c>DATA/files/HASH</c>, 0600. A release names its own copies, so that a rollback
/// restores what the person has changed since.
/// </summary>
sealed class GrantedFiles(string folder)
{
    public AppModel Keep(AppModel model) => model with { Services = [.. model.Services.Select(Keep)] };

    ServiceModel Keep(ServiceModel service) => service.Container.Files.Count == 0 ? service
        : service with { Container = service.Container with { Files = [.. service.Container.Files.Select(grant => Keep(service.Name, grant))] } };

    FileGrant Keep(string service, FileGrant grant)
    {
        var content = grant.Content is not null ? Encoding.UTF8.GetBytes(grant.Content) : Read(service, grant);
        var path = Path.Combine(folder, Digest.Sha256(content).Hex);
        if (!File.Exists(path)) Store(path, content);
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

    void Store(string path, byte[] content)
    {
        Directory.CreateDirectory(folder);
        var unfinished = path + "." + Guid.NewGuid().ToString("N");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }
}
