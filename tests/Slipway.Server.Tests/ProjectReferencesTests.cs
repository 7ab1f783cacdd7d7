using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Slipway.Server.Tests;

/// <summary>docs/design/architecture.md, "Projects": references point down, siblings never meet.</summary>
public sealed class ProjectReferencesTests
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Model"] = [],
        ["Database"] = ["Model"],
        ["Delivery"] = ["Model"],
        ["Engines"] = ["Model"],
        ["Registry"] = ["Model", "Database", "Delivery"],
        ["Pipelines"] = ["Model", "Engines"],
        ["Releases"] = ["Model", "Database", "Engines"],
        ["Gateway"] = ["Model"],
        ["Server"] = ["Model", "Database", "Delivery", "Engines", "Registry", "Pipelines", "Releases", "Gateway"],
        ["Cli"] = ["Model", "Database", "Delivery", "Engines", "Registry", "Pipelines", "Releases", "Gateway", "Server"],
    };

    public static TheoryData<string> Projects => [.. Directory.EnumerateFiles(Source(), "*.csproj", SearchOption.AllDirectories)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ReferencesOnlyWhatIsBelowIt(string path)
    {
        var name = NameOf(path);
        Allowed.ShouldContainKey(name, $"src/Slipway.{name} has no place in docs/design/architecture.md");

        var references = XDocument.Load(path).Descendants("ProjectReference").Select(reference => NameOf((string)reference.Attribute("Include")!)).ToList();

        references.ShouldBeSubsetOf(Allowed[name]);
    }

    [Fact]
    public void Projects_AreAllFound() => Projects.Count.ShouldBe(Allowed.Count);

    static string NameOf(string path) => Path.GetFileNameWithoutExtension(path)["Slipway.".Length..];

    static string Source([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src"));
}
