using Slipway.Model;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// A value that is written as it is, or where it is: so that the file itself need hold no secret.
/// <code>
/// password: s3cret
/// password: {file: /run/secrets/password}     # its text, without the end of its last line
/// password: {env: SWIFT_PASSWORD}
/// </code>
/// </summary>
static class SecretValue
{
    const string Ways = "one line of text, {file: /PATH} or {env: NAME}";

    /// <exception cref="InvalidInputException">It is none of these, or not there. What it is is never repeated.</exception>
    public static string Read(YamlNode node) => node switch
    {
        YamlScalarNode { Value: { Length: > 0 } value } => value,
        YamlMappingNode { Children: [(YamlScalarNode { Value: "file" }, YamlScalarNode { Value: { Length: > 0 } path })] } => OfFile(path),
        YamlMappingNode { Children: [(YamlScalarNode { Value: "env" }, YamlScalarNode { Value: { Length: > 0 } name })] } =>
            Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value
            : throw Wrong($"stands in the environment variable {name}, which the server does not have", "a variable that the server is started with"),
        _ => throw Wrong("has no value of the right kind", Ways),
    };

    static string OfFile(string path)
    {
        if (!Path.IsPathRooted(path)) throw Wrong($"stands in the file '{path}'", "a path from the root: /run/secrets/NAME");
        string text;
        try
        {
            text = File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Wrong($"stands in the file {path}, which can't be read: {error.Message}", "a file that the server's user may read");
        }
        return text.Length > 0 && !text.AsSpan().ContainsAny('\r', '\n') ? text : throw Wrong($"stands in the file {path}, which does not hold one line of text", "one line");
    }

    static InvalidInputException Wrong(string message, string expected) => new(new Diagnostic { Message = message, Expected = expected });
}
