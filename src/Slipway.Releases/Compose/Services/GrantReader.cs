using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>secrets</c> and <c>configs</c> of a service: files of the top-level sections, mounted read-only.</summary>
static class GrantReader
{
    public static IReadOnlyList<FileGrant> Read(Field service, Reading reading) =>
        [.. Read(service["secrets"], reading.Root["secrets"], "/run/secrets/", isSecret: true, reading), .. Read(service["configs"], reading.Root["configs"], "/", isSecret: false, reading)];

    static IEnumerable<FileGrant> Read(Field grants, Field definitions, string folder, bool isSecret, Reading reading)
    {
        foreach (var item in grants.Items())
        {
            var place = item.Node is Mapping && !item["source"].IsMissing ? item["source"] : item;
            if ((item.Node is Mapping ? item["source"].Text() : item.Text()) is not { } name)
            {
                if (item.Node is Mapping) item.Error("it does not say which one", "source:");
                continue;
            }
            if (!Reading.Has(definitions, name))
            {
                place.Error($"there is no {(isSecret ? "secret" : "config")} '{name}'", Reading.Defined(definitions), name);
                continue;
            }
            var target = item["target"].Text() ?? name;
            var (source, content) = Content(definitions[name], reading);
            yield return new FileGrant
            {
                Name = name,
                Source = source,
                Content = content,
                Target = target.StartsWith('/') ? target : folder + target,
                IsSecret = isSecret,
                Mode = item["mode"].IsMissing ? null : FileModes.Read(item["mode"]),
            };
        }
    }

    static (string? Source, string? Content) Content(Field definition, Reading reading)
    {
        var (file, variable, content) = (definition["file"], definition["environment"], definition["content"]);
        var given = new[] { file, variable, content }.Count(f => !f.IsMissing);
        if (given != 1)
        {
            // An external one is refused by its key already.
            if (definition["external"].Bool() != true)
                definition.Error(given == 0 ? "it does not say where its content is" : "it says more than once where its content is", "one of file, environment and content");
            return default;
        }
        if (file.Text() is { } path)
        {
            var full = reading.HostPathOf(file, path);
            if (!File.Exists(full)) file.Error($"{reading.Files.Show(full)} does not exist", "a file", path);
            return (full, null);
        }
        if (variable.Text() is not { } name) return (null, content.Text());
        if (reading.Variables.Find(name) is { } value) return (null, value);
        variable.Error($"the variable {name} is not set", $"a value for {name} in the shell or in .env", name);
        return default;
    }
}
