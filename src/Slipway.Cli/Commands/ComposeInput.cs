using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Cli.Commands;

/// <summary>From a file or folder on the command line to what the Compose reader is asked.</summary>
static class ComposeInput
{
    /// <param name="path">A folder, a Compose file, or null for the shell's folder.</param>
    /// <exception cref="InvalidInputException">There is nothing at the path.</exception>
    public static ComposeRequest Request(Shell shell, string? path, IReadOnlyList<string> files, IReadOnlyList<string> profiles, AppName? name)
    {
        var full = Path.GetFullPath(path ?? ".", shell.Folder);
        var isFile = File.Exists(full);
        if (!isFile && !Directory.Exists(full))
            throw new InvalidInputException(new Diagnostic { Message = $"there is nothing at '{path}'", Found = path, Expected = "a folder with a compose.yaml, or a Compose file" });
        return new ComposeRequest
        {
            Directory = isFile ? Path.GetDirectoryName(full)! : full,
            // The files of -f stand where the person stands, as with docker compose.
            Files = isFile ? [full] : [.. files.Select(file => Path.GetFullPath(file, shell.Folder))],
            Variables = shell.Variables,
            Profiles = profiles,
            Name = name,
        };
    }
}
