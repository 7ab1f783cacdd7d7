using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>env_file</c>, and over it <c>environment</c>. A key without a value takes the person's; where there is none, it is left out.</summary>
static class EnvironmentReader
{
    public static SortedDictionary<string, string> Read(Field service, Reading reading)
    {
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in ContainerReader.FilesOf(service["env_file"]))
            foreach (var (name, value) in ReadFile(file, reading))
                if (value is not null) environment[name] = value;
        foreach (var (name, value) in service["environment"].Pairs())
        {
            if ((value ?? reading.Variables.Find(name)) is { } given) environment[name] = given;
            else environment.Remove(name);
        }
        return environment;
    }

    static IReadOnlyDictionary<string, string?> ReadFile(Field file, Reading reading)
    {
        var none = new Dictionary<string, string?>();
        var path = file.Node is Mapping ? file["path"].Text() : file.Text();
        if (path is null)
        {
            if (file.Node is Mapping) file.Error("it does not say which file", "path:");
            return none;
        }
        var format = file["format"].Text();
        if (format is not (null or "raw")) file["format"].Error($"the format '{format}' is not known", "raw, or nothing");
        var full = reading.HostPathOf(file, path);
        if (file["required"].Bool() == false && !File.Exists(full)) return none;
        return reading.Files.Text(full, file.Mark, file.Path) is { } text
            ? EnvironmentFile.Read(text, new Source(reading.Files.Show(full), Path.GetDirectoryName(full) ?? "/"), reading.Variables, reading.Findings, format == "raw")
            : none;
    }
}
