using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Server.Builds;

/// <summary>From the folder that a deploy names to what its Compose files say.</summary>
static class SourceReader
{
    /// <param name="app">Of a preview the app that it is a preview of.</param>
    /// <exception cref="InvalidInputException">No such folder, or its files can't be used; every error is in it.</exception>
    public static ComposeResult Read(AppName app, DeploySource source)
    {
        if (!Path.IsPathFullyQualified(source.Directory))
            throw Wrong(source, $"'{source.Directory}' is no absolute path", "the absolute path of a folder on the server's machine");
        if (!Directory.Exists(source.Directory))
            throw Wrong(source, $"there is no folder {source.Directory} on the server's machine, or the server may not read it", "the folder of the Compose file");
        return ComposeFile.Read(new ComposeRequest
        {
            Directory = source.Directory,
            Files = source.Files,
            Variables = source.Variables,
            Profiles = source.Profiles,
            Name = app,
        });
    }

    static InvalidInputException Wrong(DeploySource source, string message, string expected) =>
        new(new Diagnostic { Message = message, Key = "source.directory", Found = source.Directory, Expected = expected });
}
