using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Model;

namespace Slipway.Cli.Credentials;

/// <summary>docker's config.json (docker/cli, "Configuration files"): only our own entry is touched, everything else stays as it was written.</summary>
static class DockerConfig
{
    public static string FileOf(Shell shell) => Path.Combine(
        shell.Variable("DOCKER_CONFIG") ?? Path.Combine(shell.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".docker"), "config.json");

    /// <summary>Slipway's own file of the same form (XDG Base Directory): docker login keeps an identity token in place of a password, which only the registry takes.</summary>
    public static string OwnFileOf(Shell shell) => Path.Combine(
        shell.Variable("XDG_CONFIG_HOME") ?? Path.Combine(shell.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"), "slipway", "credentials.json");

    /// <summary>Adds or replaces the credential for one registry (host:port).</summary>
    /// <returns>The credential helper that docker asks before it looks at this entry, or null.</returns>
    /// <exception cref="InvalidInputException">The file is there and is no JSON object; it is left alone.</exception>
    public static string? Login(string file, string registry, string user, string password)
    {
        // A link is followed to the file that it names, so that the link itself stays.
        var target = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : file;
        var config = Read(target);
        if (config["auths"] is not JsonObject auths) config["auths"] = auths = [];
        if (auths[registry] is not JsonObject entry) auths[registry] = entry = [];
        entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        // It would win over "auth".
        entry.Remove("identitytoken");
        Write(target, config);
        return Text((config["credHelpers"] as JsonObject)?[registry]) ?? Text(config["credsStore"]);
    }

    /// <summary>The name and password that are kept for a registry (host:port) in the file itself; null where there are none, or a helper keeps them.</summary>
    public static (string User, string Password)? Find(string file, string registry)
    {
        if (Text((Read(file)["auths"] as JsonObject)?[registry]?["auth"]) is not { } kept) return null;
        var bytes = new byte[kept.Length];
        if (!Convert.TryFromBase64String(kept, bytes, out var length)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        // With an identity token in place of the password, nothing stands after the colon.
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && colon < text.Length - 1 ? (text[..colon], text[(colon + 1)..].TrimEnd('\0')) : null;
    }

    static JsonObject Read(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            var text = File.ReadAllText(file);
            if (text.Trim().Length == 0) return [];
            if (JsonNode.Parse(text) is JsonObject config) return config;
        }
        catch (JsonException broken)
        {
            throw new InvalidInputException(new Diagnostic { File = file, Line = (int?)broken.LineNumber + 1, Column = (int?)broken.BytePositionInLine + 1, Message = "is no JSON", Expected = "docker's configuration; mend or move the file" });
        }
        throw new InvalidInputException(new Diagnostic { File = file, Message = "is no JSON object", Expected = "docker's configuration; mend or move the file" });
    }

    static void Write(string file, JsonObject config)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var next = $"{file}.{Environment.ProcessId}.new";
        using (var stream = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            config.WriteTo(json);
        File.Move(next, file, overwrite: true);
    }

    static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
