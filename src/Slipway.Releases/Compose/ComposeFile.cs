using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>
/// Reads Compose files as the Compose Specification says, and as docs/reference/compose.md says where Slipway differs.
/// Reads files of the project and what they name; changes nothing. Safe to call from several threads.
/// </summary>
public static class ComposeFile
{
    /// <exception cref="InvalidInputException">The files can't be deployed: carries every error found.</exception>
    public static ComposeResult Read(ComposeRequest request)
    {
        var check = Check(request);
        var errors = check.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        if (check.Model is null || errors.Count > 0) throw new InvalidInputException(errors);
        return new ComposeResult { Model = check.Model, Warnings = check.Diagnostics, Keys = check.Keys, VariablesUsed = check.VariablesUsed };
    }

    /// <summary>
    /// Names of the variables that the files refer to, sorted, whether or not they have a value: what a client sends of a person's shell.
    /// <see cref="ComposeRequest.Variables"/> only matter where they decide which files are read.
    /// </summary>
    public static IReadOnlyCollection<string> VariablesIn(ComposeRequest request) => Check(request).VariablesUsed;

    /// <summary>What becomes of each key, and everything that is wrong. Never throws for what the files say.</summary>
    public static ComposeCheck Check(ComposeRequest request)
    {
        var findings = new Findings();
        var keys = new KeyWalk();
        var loader = new ProjectLoader(request, findings, keys);
        var project = loader.Load();
        AppModel? model = null;
        if (project.Root is { } root)
        {
            // A bad name is reported already; any other lets the rest of the file be checked.
            var reading = new Reading(project.Name ?? AppName.Parse("app"), new Field(root, "", findings), project.Variables, loader.Files, findings, keys, Profiles(request, project.Variables)) { Now = request.Time.GetUtcNow() };
            keys.Report(findings, reading.IsEnabled);
            model = ModelBuilder.Build(reading);
        }
        return new ComposeCheck
        {
            Model = findings.HasErrors || project.Name is null ? null : model,
            Diagnostics = [.. findings.All.OrderBy(d => d.Severity)],
            Keys = keys.Reports,
            VariablesUsed = project.Variables.Used,
        };
    }

    static HashSet<string> Profiles(ComposeRequest request, Variables variables) => request.Profiles.Count > 0
        ? [.. request.Profiles]
        : [.. (variables.Find("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
