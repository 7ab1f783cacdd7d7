namespace Slipway.Model.Tests;

public sealed class ImageReferenceTests
{
    const string D = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    // What docker makes of each (distribution/reference, ParseNormalizedNamed and TagNameOnly).
    [Theory]
    [InlineData("debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("debian:bookworm-slim", "docker.io/library/debian:bookworm-slim", "debian:bookworm-slim")]
    [InlineData("library/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("docker.io/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("index.docker.io/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("index.docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("gitea/gitea:1.22", "docker.io/gitea/gitea:1.22", "gitea/gitea:1.22")]
    [InlineData("localhost/app", "localhost/app:latest", "localhost/app:latest")]
    [InlineData("localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest")]
    [InlineData("127.0.0.1:8080/a/b:v1", "127.0.0.1:8080/a/b:v1", "127.0.0.1:8080/a/b:v1")]
    [InlineData("[::1]:8080/a", "[::1]:8080/a:latest", "[::1]:8080/a:latest")]
    [InlineData("[fe80::1]/a:v", "[fe80::1]/a:v", "[fe80::1]/a:v")]
    [InlineData("ghcr.io/owner/name", "ghcr.io/owner/name:latest", "ghcr.io/owner/name:latest")]
    [InlineData("a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest")]
    [InlineData("a__b/c-d.e", "docker.io/a__b/c-d.e:latest", "a__b/c-d.e:latest")]
    [InlineData("redis@" + D, "docker.io/library/redis@" + D, "redis@" + D)]
    [InlineData("redis:7@" + D, "docker.io/library/redis:7@" + D, "redis:7@" + D)]
    public void TryParse_Reference_IsNormalised(string text, string full, string familiar)
    {
        ImageReference.TryParse(text, out var reference).ShouldBeTrue();
        reference!.ToString().ShouldBe(full);
        reference.Familiar.ShouldBe(familiar);
        ImageReference.Parse(reference.ToString()).ShouldBe(reference);
        ImageReference.Parse(reference.Familiar).ShouldBe(reference);
    }

    // An upper-case first segment is a registry, as docker reads it.
    [Fact]
    public void TryParse_UpperCaseHost_IsARegistry()
    {
        ImageReference.TryParse("Uppercase/name", out var reference).ShouldBeTrue();
        (reference!.Registry, reference.Repository).ShouldBe(("Uppercase", "name"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Debian")]
    [InlineData("a/Debian")]
    [InlineData(":tag")]
    [InlineData("a:")]
    [InlineData("a:-x")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("-a")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("a b")]
    [InlineData("a:t\n")]
    [InlineData("host:port/a")]
    [InlineData("http://a/b")]
    [InlineData("a@sha256:abc")]
    [InlineData("a@")]
    [InlineData("docker.io/")]
    [InlineData("[]/a")]
    [InlineData(".../a")]
    public void TryParse_Other_IsRefused(string? text) => ImageReference.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void WithDigest_Reference_KeepsItsTag() =>
        ImageReference.Parse("debian:12").WithDigest(Digest.Parse(D)).ToString().ShouldBe("docker.io/library/debian:12@" + D);
}
