using Slipway.Model;

namespace Slipway.Releases.Diffing;

/// <summary>
/// What differs between two models of an app, for people: services in the order of the newer file, what is gone behind them, then the app's own networks
/// and volumes. Every property of the model takes part, also those that this code was never told of; where a build's folder stands does not.
/// Pure, and safe to show: secrets are masked.
/// </summary>
public static class ModelDiff
{
    public static IReadOnlyList<ModelChange> Between(Release? before, Release after) => Between(before?.Model, before?.Images, after.Model, after.Images);

    /// <param name="before">Null: nothing was there, all of it is new.</param>
    /// <param name="imagesBefore">For each service its repository and digest.</param>
    /// <param name="after">Its files are named by content, as those of <paramref name="before"/> are, or all of them count as changed.</param>
    /// <param name="imagesAfter">Null, or without a service: what the file names is all that is known.</param>
    public static IReadOnlyList<ModelChange> Between(
        AppModel? before, IReadOnlyDictionary<string, string>? imagesBefore, AppModel after, IReadOnlyDictionary<string, string>? imagesAfter)
    {
        var changes = new List<ModelChange>();
        foreach (var service in after.Services)
        {
            var (image, imageBefore) = (imagesAfter?.GetValueOrDefault(service.Name), imagesBefore?.GetValueOrDefault(service.Name));
            if (before?.Find(service.Name) is { } old) changes.AddRange(ServiceDiff.Between(old, imageBefore, service, image));
            else changes.Add(new ModelChange { Service = service.Name, Kind = ChangeKind.Service, Key = "", After = service.Image ?? image ?? "built here" });
        }
        foreach (var gone in before?.Services.Where(s => after.Find(s.Name) is null) ?? [])
            changes.Add(new ModelChange { Service = gone.Name, Kind = ChangeKind.Service, Key = "", Before = gone.Image ?? imagesBefore?.GetValueOrDefault(gone.Name) ?? "built here" });
        changes.AddRange(Named(before?.Networks, after.Networks, n => n.Key, ChangeKind.Network, "networks"));
        changes.AddRange(Named(before?.Volumes, after.Volumes, v => v.Name, ChangeKind.Volume, "volumes"));
        return changes;
    }

    static IEnumerable<ModelChange> Named<T>(IReadOnlyList<T>? before, IReadOnlyList<T> after, Func<T, string> name, ChangeKind kind, string section)
    {
        var old = (before ?? []).ToDictionary(name);
        var now = after.ToDictionary(name);
        foreach (var key in now.Keys.Concat(old.Keys).Distinct())
        {
            var (was, willBe) = (old.TryGetValue(key, out var a) ? ValueText.Of(a) : null, now.TryGetValue(key, out var b) ? ValueText.Of(b) : null);
            if (was != willBe) yield return new ModelChange { Kind = kind, Key = $"{section}.{key}", Before = was, After = willBe };
        }
    }
}
