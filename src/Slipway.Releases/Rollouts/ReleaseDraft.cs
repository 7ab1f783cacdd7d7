using System.Data.Common;
using System.Text.Json;
using Dapper;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>From a model and its images to a release.</summary>
static class ReleaseDraft
{
    /// <summary>Every routed service has its port: as written, else the lowest that its image exposes.</summary>
    public static AppModel WithPorts(AppModel model, IReadOnlyDictionary<string, ImageFacts> facts)
    {
        var missing = new List<Diagnostic>();
        var services = model.Services.Select(service =>
        {
            if (service.Release is { Hosts.Count: 0 } or { Port: not null } or { Static: not null }) return service;
            if (facts.TryGetValue(service.Name, out var said) && said.TcpPorts is [var lowest, ..])
                return service with { Release = service.Release with { Port = lowest } };
            missing.Add(new Diagnostic
            {
                Message = $"the port of '{service.Name}' that gets the requests is not known: neither the file nor its image names one",
                Key = $"services.{service.Name}.x-release.port",
                Expected = "port: NUMBER under x-release, a port under ports, or EXPOSE in the Dockerfile",
            });
            return service;
        }).ToList();
        return missing.Count == 0 ? model with { Services = services } : throw new InvalidInputException(missing);
    }

    /// <summary>Same images, same model. How an image came about (its build) is no part of that.</summary>
    public static bool IsSame(Release live, AppModel model, IReadOnlyDictionary<string, string> images) =>
        Text(live.Model) == Text(model) && live.Images.Count == images.Count && live.Images.All(i => images.TryGetValue(i.Key, out var image) && image == i.Value);

    public static Release Store(
        DbConnection db, StoredApp stored, AppModel model, IReadOnlyDictionary<string, string> images, string? note, DateTimeOffset now)
    {
        var app = stored.App.Value;
        var release = new Release
        {
            App = stored.App,
            Number = db.ExecuteScalar<int>("UPDATE apps SET last_release = last_release + 1 WHERE app = @app RETURNING last_release", new { app }),
            Created = now,
            Model = model,
            Images = images,
            Slot = stored.TargetSlot,
            Note = note,
        };
        var changed = WorkloadPlanner.OriginsOf(release, stored.LiveSlot).Where(o => o.Value == release.Number).Select(o => o.Key).ToList();
        db.Execute("INSERT INTO releases (app, number, changed, record) VALUES (@app, @number, @changed, @record)", new
        {
            app,
            number = release.Number,
            changed = ReleasesJson.Write(changed, ReleasesJson.Default.ListString),
            record = ReleasesJson.Write(release, ModelJson.Default.Release),
        });
        return release;
    }

    /// <exception cref="InvalidInputException">The service can't have so many instances.</exception>
    public static void CheckReplicas(ServiceModel service, int replicas)
    {
        const int Most = 1000;
        if (replicas is < 0 or > Most)
            throw new InvalidInputException(new Diagnostic { Message = $"{replicas} is no number of instances", Key = service.Name, Found = $"{replicas}", Expected = $"0 to {Most}" });
        if (service.Release.Static is { } files)
            throw new InvalidInputException(new Diagnostic { Message = $"{service.Name} has no instances that could be scaled: the gateway serves the files of {files.Root} itself", Key = service.Name, Found = $"{replicas}", Expected = "a service that runs in containers" });
        if (replicas > 1 && WorkloadPlanner.EnginePorts(service).FirstOrDefault(p => p.Published is not null) is { } port)
            throw new InvalidInputException(new Diagnostic { Message = $"{service.Name} publishes port {port.Published} of the host, which only one instance can have", Key = service.Name, Found = $"{replicas}", Expected = "0 or 1" });
        if (replicas > 1 && service is { IsStateful: true, Release.IsRouted: false })
            throw new InvalidInputException(new Diagnostic { Message = $"{service.Name} holds state, and two instances on one set of files lose it", Key = service.Name, Found = $"{replicas}", Expected = "0 or 1" });
    }

    static string Text(AppModel model) => WorkloadIdentity.Canonical(JsonSerializer.SerializeToNode(
        model with { Services = [.. model.Services.Select(s => s with { Build = null, Image = null })] }, ModelJson.Default.AppModel))!.ToJsonString();
}
