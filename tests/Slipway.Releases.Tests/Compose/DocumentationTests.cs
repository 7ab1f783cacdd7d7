using System.Text;
using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

/// <summary>docs/reference/compose.md is held to what the reader does.</summary>
public sealed class DocumentationTests
{
    static readonly string Page = File.ReadAllText(Find("docs/reference/compose.md"));

    [Fact]
    public void Example_OfThePage_IsReadAndItsDefaultsAreTrue()
    {
        var start = Page.IndexOf("```yaml", StringComparison.Ordinal) + 8;
        using var folder = new ComposeFolder(Page[start..Page.IndexOf("```", start, StringComparison.Ordinal)]);
        var result = ComposeFile.Read(folder.Request);
        result.Warnings.ShouldBeEmpty();
        var release = result.Model.Find("web")!.Release;
        release.Ready.ShouldBe(new ReadyGate { Http = "/up", Passes = 3 });
        release.Drain.ShouldBe(new DrainPolicy());
        release.Keep.ShouldBe(new KeepPolicy());
        (release.Path, release.Port, release.Strategy).ShouldBe(("/", 5000, Strategy.BlueGreen));
        new ReadyGate().Passes.ShouldBe(1);
    }

    [Fact]
    public void Keys_OfThePage_AreThoseOfTheCatalog()
    {
        foreach (var line in Lines("", KeyCatalog.File, []).Split('\n')) Page.ShouldContain(line);
    }

    internal static string Lines(string path, KeyShape shape, HashSet<KeyShape> seen)
    {
        var text = new StringBuilder();
        if (!seen.Add(shape)) return "";
        foreach (var (key, rule) in shape.Rules)
        {
            var at = path.Length == 0 ? key : path + "." + key;
            var how = rule.Treatment.ToString().ToLowerInvariant() + (rule.Treatment != KeyTreatment.Refused ? "" : rule.IsHarmless ? ", a warning" : ", an error");
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{at}` | {how} | {rule.Note} |\n");
            if (rule.Inside is not null) text.Append(Lines(at, rule.Inside, seen));
        }
        if (shape.Any?.Inside is { } inside) text.Append(Lines(path + ".*", inside, seen));
        return text.ToString();
    }

    internal static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Slipway.slnx"))) return Path.Combine(folder.FullName, path);
        throw new FileNotFoundException("The tests do not lie in the repository.", path);
    }
}
