using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class KeyReportTests
{
    [Fact]
    public void Keys_OfAFile_AreAllReported()
    {
        using var folder = new ComposeFolder("""
            version: '2'
            x-note: anything
            services:
              web:
                image: a
                container_name: front
                ports: ["5000:80"]
                develop: {watch: []}
                gpus: all
                odd: 1
            """);
        var check = folder.Check();
        check.Model.ShouldBeNull();
        check.Keys.Select(k => (k.Line, k.Key, k.Treatment)).ShouldBe(
        [
            (1, "version", KeyTreatment.Translated),
            (2, "x-note", KeyTreatment.Honoured),
            (3, "services", KeyTreatment.Honoured),
            (4, "services.web", KeyTreatment.Honoured),
            (5, "services.web.image", KeyTreatment.Honoured),
            (6, "services.web.container_name", KeyTreatment.Translated),
            (7, "services.web.ports", KeyTreatment.Translated),
            (8, "services.web.develop", KeyTreatment.Refused),
            (9, "services.web.gpus", KeyTreatment.Refused),
            (10, "services.web.odd", KeyTreatment.Refused),
        ]);
        check.Keys.Single(k => k.Key.EndsWith("ports", StringComparison.Ordinal)).Note.ShouldBe("through the gateway at http://web.shop.localhost/ and on host port 5000");
        check.Diagnostics.Count.ShouldBe(3);
    }

    [Fact]
    public void Refused_SetToNothing_IsNoProblem() =>
        ComposeFolder.ErrorsOf("oom_kill_disable: false\nuserns_mode:\nexternal_links: []").ShouldBeEmpty();

    [Theory]
    [InlineData("imgae", "image")]
    [InlineData("depend_on", "depends_on")]
    [InlineData("enviroment", "environment")]
    [InlineData("working-dir", "working_dir")]
    [InlineData("zzz", null)]
    public void Spelling_Nearest_FindsWhatWasMeant(string word, string? meant) => Spelling.Nearest(word, KeyCatalog.Service.Names).ShouldBe(meant);
}
