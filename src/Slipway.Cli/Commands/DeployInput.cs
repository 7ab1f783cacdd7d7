using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Cli.Commands;

/// <summary>What a deploy, and the plan of one, is made from: a folder's Compose files, read here first for what is wrong with them.</summary>
sealed record DeployInput(AppModel Model, DeploySource Source)
{
    /// <exception cref="InvalidInputException">The files can't be deployed; every error is in it. Warnings are written.</exception>
    public static DeployInput Read(CommandContext context, string? folder, string[]? files, string[]? profiles, string? app)
    {
        AppName? named = app is { } text ? CommandContext.Name(text) : null;
        var request = ComposeInput.Request(context.Shell, folder, files ?? [], profiles ?? [], named);
        var check = ComposeFile.Check(request);
        foreach (var warning in check.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Warning)) context.Shell.Error.WriteLine(warning);
        if (check.Model is not { } model) throw new InvalidInputException([.. check.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error)]);
        return new DeployInput(model, new DeploySource
        {
            Directory = request.Directory,
            Files = request.Files,
            Variables = Chosen(context.Shell.Variables, check.VariablesUsed),
            Profiles = request.Profiles,
        });
    }

    /// <summary>Only what the files refer to leaves the person's shell, and what tells Compose which files and profiles to take.</summary>
    internal static Dictionary<string, string> Chosen(IReadOnlyDictionary<string, string> shell, IReadOnlyCollection<string> used) =>
        shell.Where(variable => used.Contains(variable.Key) || variable.Key is "COMPOSE_FILE" or "COMPOSE_PATH_SEPARATOR" or "COMPOSE_PROFILES" or "COMPOSE_PROJECT_NAME")
            .ToDictionary(StringComparer.Ordinal);
}
