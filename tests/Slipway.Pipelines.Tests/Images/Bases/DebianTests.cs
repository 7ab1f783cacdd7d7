using Slipway.Model;
using Slipway.Pipelines.Images.Bases;

namespace Slipway.Pipelines.Tests.Images.Bases;

public sealed class DebianTests
{
    [Theory]
    [InlineData("debian", "trixie", true, false)]
    [InlineData("debian:stable-slim", "trixie", true, true)]
    [InlineData("docker.io/library/debian:12", "bookworm", true, false)]
    [InlineData("debian:bookworm-slim", "bookworm", true, true)]
    [InlineData("debian:unstable", "sid", false, false)]
    public void Suite_DebianImage_IsKnown(string image, string name, bool updates, bool slim) =>
        DebianSuite.Of(ImageReference.Parse(image)).ShouldBe(new DebianSuite(name, updates, slim));

    [Theory]
    [InlineData("ubuntu:24.04")]
    [InlineData("debian:12.5")]
    [InlineData("debian:slim")]
    [InlineData("debian:bookworm-backports")]
    [InlineData("example.org/library/debian:12")]
    [InlineData("someone/debian:12")]
    [InlineData("debian:--mode")]
    public void Suite_AnythingElse_IsNot(string image) =>
        (ImageReference.TryParse(image, out var reference) ? DebianSuite.Of(reference) : null).ShouldBeNull();

    [Fact]
    public void Mirror_OfAptsBothForms_IsTakenOver()
    {
        using var apt = new TemporaryFolder()
            .With("sources.list", "# deb http://old.example/debian bookworm main\ndeb [arch=amd64] https://packages.example/tools stable main\n")
            .With("sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\n\nURIs: http://mirror.example/debian-security\n");

        var mirror = DebianMirror.OfThisMachine(apt.Root);

        mirror.ShouldBe(new DebianMirror("http://mirror.example/debian", "http://mirror.example/debian-security"));
        mirror.Sources(new DebianSuite("bookworm", true, false), "/k.gpg").ShouldBe(
        [
            "deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main",
            "deb [signed-by=/k.gpg] http://mirror.example/debian bookworm-updates main",
            "deb [signed-by=/k.gpg] http://mirror.example/debian-security bookworm-security main",
        ]);
        mirror.Sources(new DebianSuite("sid", false, false), "/k.gpg").ShouldHaveSingleItem();
    }

    [Fact]
    public void Mirror_MachineWithoutOne_IsTheMainOne()
    {
        using var apt = new TemporaryFolder();

        DebianMirror.OfThisMachine(apt.Root).Archive.ShouldBe("http://deb.debian.org/debian");
    }
}
