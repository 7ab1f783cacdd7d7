using System.Reflection;

namespace Slipway.Cli.Demo;

/// <summary>The sample app of <c>samples/guestbook</c>, which the executable carries along, so that the demo runs from any installation.</summary>
static class GuestbookFiles
{
    const string Prefix = "guestbook/";

    /// <summary>Lays version 1 down in <paramref name="folder"/>, over whatever an earlier demo left there, to be published on <paramref name="port"/>.</summary>
    public static void Write(string folder, int port)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var file = Path.Combine(folder, name[Prefix.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var content = assembly.GetManifestResourceStream(name)!;
            using var target = File.Create(file);
            content.CopyTo(target);
        }
        var compose = Path.Combine(folder, "docker-compose.yml");
        File.WriteAllText(compose, File.ReadAllText(compose).Replace("5000:5000", $"{port}:5000", StringComparison.Ordinal));
    }

    /// <summary>Makes the folder the given version: its <c>version.py</c> takes the place of the one in <c>web</c>.</summary>
    public static void Become(string folder, int version) =>
        File.Copy(Path.Combine(folder, "versions", $"{version}", "version.py"), Path.Combine(folder, "web", "version.py"), overwrite: true);
}
