using Slipway.Model;
using Slipway.Pipelines.Images.Dockerfiles;

namespace Slipway.Pipelines.Tests.Images.Dockerfiles;

public sealed class DockerfileTests
{
    [Theory]
    [InlineData("FROM debian", "debian:latest")]
    [InlineData("from debian:12 as base\nFROM base\nFROM scratch\nCOPY --from=base / /", "debian:12")]
    [InlineData("FROM --platform=$BUILDPLATFORM golang:1.22 AS b\nFROM debian:12\nCOPY --chown=0 --from=b /x /x", "golang:1.22 debian:12")]
    [InlineData("FROM debian:12\nCOPY --from=nginx:1 /etc /etc", "debian:12 nginx:1")]
    [InlineData("FROM debian:12\nRUN --mount=type=cache,target=/c --mount=type=bind,from=busybox,target=/b true", "debian:12 busybox:latest")]
    [InlineData("FROM a AS one\nFROM b\nCOPY --from=0 /x /x", "a:latest b:latest")]
    [InlineData("FROM a AS unused\nFROM b", "b:latest")]
    [InlineData("ARG V=12\nFROM debian:${V}-slim", "debian:12-slim")]
    [InlineData("ARG V\nFROM debian:${V:-11}", "debian:11")]
    [InlineData("ARG V=\nFROM debian:${V-11}x", "debian:x")]
    [InlineData("ARG V=1\nFROM debian:${V:+on}", "debian:on")]
    [InlineData("ARG A=debian B=$A:12\nFROM $B", "debian:12")]
    [InlineData("ARG A=\"debian:12\"\nFROM \"${A}\"", "debian:12")]
    [InlineData("ARG A='x y' B=debian:12\nFROM $B", "debian:12")]
    [InlineData("ARG V=${W:-${X:-9}}\nFROM debian:$V", "debian:9")]
    [InlineData("# comment\n\n# FROM x\nFROM \\\n# in between\n\n  debian:12 \\\n  AS b\n", "debian:12")]
    [InlineData("# escape=`\nFROM `\n debian:12\nRUN dir C:\\\nCOPY --from=x / /", "debian:12 x:latest")]
    [InlineData("FROM debian:12\nRUN <<EOF\nFROM nothing:1\nEOF\nCOPY --from=x /a /b", "debian:12 x:latest")]
    [InlineData("FROM debian:12\nCOPY <<-'A' <<B /x\n\tFROM no:1\n\tA\nFROM no:2\nB\n", "debian:12")]
    [InlineData("FROM debian:12\nRUN cat <<<text && echo $((1<<2))\nCOPY --from=x / /", "debian:12 x:latest")]
    [InlineData("FROM localhost:5000/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "localhost:5000/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("\uFEFFFROM debian:12\r\nRUN true\r\n", "debian:12")]
    [InlineData("FROM debian:12\nFROM debian:12 AS x\nCOPY --from=debian:12 / /", "debian:12")]
    [InlineData("FROM scratch", "")]
    public void Dockerfile_NeedsImages_InTheirOrder(string text, string images) =>
        string.Join(' ', Parse(text).Images.Select(i => i.Reference.Familiar)).ShouldBe(images);

    [Theory]
    [InlineData("build", "a:latest")]
    [InlineData("BUILD", "a:latest")]
    [InlineData("1", "b:latest")]
    [InlineData(null, "a:latest c:latest")]
    public void Dockerfile_Target_NeedsItsStagesOnly(string? target, string images) =>
        string.Join(' ', Parse("FROM a AS build\nFROM b AS test\nFROM c\nCOPY --from=build /x /x", target: target).Images.Select(i => i.Reference.Familiar)).ShouldBe(images);

    [Fact]
    public void Dockerfile_BuildArgs_WinOverDefaults()
    {
        var parsed = Parse("ARG V=12\nARG BASE\nFROM $BASE:$V", args: new() { ["V"] = "13", ["BASE"] = "debian" });

        parsed.Images.ShouldHaveSingleItem().Reference.Familiar.ShouldBe("debian:13");
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("# nothing but this\n", 1, "empty")]
    [InlineData("ARG X=1\n", 1, "no FROM")]
    [InlineData("\nRUN make\nRUN test\n", 2, "before the first FROM")]
    [InlineData("FROM debian\nRUNN make", 2, "'RUNN' is no instruction")]
    [InlineData("FROM", 1, "can't be read")]
    [InlineData("FROM a b", 1, "can't be read")]
    [InlineData("FROM $BASE", 1, "FROM $BASE is empty")]
    [InlineData("FROM Debian:12", 1, "'Debian:12' is no image")]
    [InlineData("FROM a\nCOPY --from=B@d / /", 2, "'B@d' is no image")]
    [InlineData("ARG B\nFROM ${B:?name-one}", 2, "B has no value: name-one")]
    [InlineData("FROM ${B", 1, "'${' has no '}'")]
    public void Dockerfile_Wrong_SaysWhereAndWhatWouldBeRight(string text, int line, string message)
    {
        var wrong = Should.Throw<InvalidInputException>(() => Parse(text));

        var diagnostic = wrong.Diagnostics.ShouldHaveSingleItem();
        diagnostic.File.ShouldBe("/app/Dockerfile");
        diagnostic.Line.ShouldBe(line);
        diagnostic.Message.ShouldContain(message);
        diagnostic.Expected.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Dockerfile_MissingTarget_NamesTheStages()
    {
        var wrong = Should.Throw<InvalidInputException>(() => Parse("FROM a AS build\nFROM b AS test", target: "prod"));

        wrong.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            d => d.Message.ShouldContain("'prod'"), d => d.Expected.ShouldBe("build, test"), d => d.Key.ShouldBe("target"));
    }

    [Fact]
    public void Dockerfile_Syntax_IsFoundAndCanBeTakenOutInItsPlace()
    {
        var parsed = Parse("# escape=\\\n# syntax=docker/dockerfile:1\nFROM debian\nNEWER thing");

        parsed.Syntax.ShouldNotBeNull().Reference.Familiar.ShouldBe("docker/dockerfile:1");
        System.Text.Encoding.UTF8.GetString(parsed.WithoutSyntax()).ShouldBe("# escape=\\\n#\nFROM debian\nNEWER thing");
    }

    [Fact]
    public void Dockerfile_Step_IsFoundByItsName()
    {
        var parsed = Parse("FROM debian\nRUN apt-get update && \\\n    apt-get   install x\nRUN true\nRUN true");

        parsed.LineOf("[2/4] RUN apt-get update && apt-get install x").ShouldBe(2);
        parsed.LineOf("[3/4] RUN true").ShouldBeNull();
        parsed.LineOf("[internal] load remote build context").ShouldBeNull();
    }

    static Dockerfile Parse(string text, string? target = null, Dictionary<string, string>? args = null) =>
        Dockerfile.Parse(text, "/app/Dockerfile", args ?? [], target, "linux/amd64");
}
