using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using Slipway.Engines.Docker;

namespace Slipway.Engines.Tests.Docker;

public sealed class DockerImagesTests(RealEngine engine)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_ImageIsThere_GivesItsFacts()
    {
        var facts = (await engine.Images.Find(RealEngine.Tag, Cancel)).ShouldNotBeNull();

        facts.TcpPorts.ShouldBe([8080, 9090]);
        facts.Volumes.ShouldBe(["/var/data"]);
        facts.HasHealthCheck.ShouldBeFalse();
        facts.Tags.ShouldContain(RealEngine.Tag);
        facts.OperatingSystem.ShouldBe("linux");
        facts.Size.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Find_NoSuchImage_IsNull() =>
        (await engine.Images.Find("slipway-engines-tests/none:1", Cancel)).ShouldBeNull();

    [Theory]
    [InlineData("../containers/json?x=")]
    [InlineData("A/B")]
    [InlineData("")]
    public async Task Find_NoReference_ThrowsBeforeAsking(string text) =>
        (await Should.ThrowAsync<FormatException>(() => engine.Images.Find(text, Cancel))).Message.ShouldContain("is no image reference");

    [Fact]
    public async Task Tag_ThenRemove_TakesOnlyTheNameAway()
    {
        await engine.Images.Tag(RealEngine.Tag, "slipway-engines-tests/second", "name", Cancel);
        (await engine.Images.Find("slipway-engines-tests/second:name", Cancel)).ShouldNotBeNull();

        await engine.Images.Remove("slipway-engines-tests/second:name", Cancel);
        await engine.Images.Remove("slipway-engines-tests/second:name", Cancel);

        (await engine.Images.Find("slipway-engines-tests/second:name", Cancel)).ShouldBeNull();
        (await engine.Images.Find(RealEngine.Tag, Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Import_Tar_MakesAnImageWithTheChanges()
    {
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "file") { DataStream = new MemoryStream([1, 2, 3]) }, Cancel);
        tar.Position = 0;

        var id = await engine.Images.Import(tar, "slipway-engines-tests/imported", "1", ["EXPOSE 81/tcp", "CMD [\"a\", \"b\"]"], Cancel);

        var facts = (await engine.Images.Find("slipway-engines-tests/imported:1", Cancel)).ShouldNotBeNull();
        facts.Id.ShouldBe(id);
        facts.TcpPorts.ShouldBe([81]);
        await engine.Images.Remove("slipway-engines-tests/imported:1", Cancel);
    }

    [Fact]
    public async Task Import_NoTar_ThrowsTheEnginesError() =>
        await Should.ThrowAsync<EngineException>(() => engine.Images.Import(new MemoryStream("no tar at all, and long enough to be read as one"u8.ToArray()), "slipway-engines-tests/bad", "1", [], Cancel));

    [Fact]
    public async Task Pull_NoRegistryThere_ThrowsWhatTheEngineSays()
    {
        var failure = await Should.ThrowAsync<EngineException>(() => engine.Images.Pull($"127.0.0.1:{ClosedPort()}/none:1", null, Cancel));

        failure.Message.ShouldContain("connection refused");
    }

    [Fact]
    public async Task Push_NoRegistryThere_ThrowsTheErrorInsideTheStream()
    {
        var repository = $"127.0.0.1:{ClosedPort()}/none";
        await engine.Images.Tag(RealEngine.Tag, repository, "1", Cancel);

        var failure = await Should.ThrowAsync<EngineException>(() => engine.Images.Push(repository, "1", new RegistryCredential("127.0.0.1", "u", "p"), Cancel));

        failure.Message.ShouldContain("connection refused");
        await engine.Images.Remove(repository + ":1", Cancel);
    }

    [Fact]
    public async Task Push_Done_GivesTheManifestsDigest()
    {
        var digest = "sha256:" + new string('a', 64);
        await using var script = await ScriptedEngine.Start(_ => ScriptedEngine.Json(200,
            "{\"status\":\"The push refers to repository\"}\r\n{\"status\":\"1: digest: x\"}\r\n{\"progressDetail\":{},\"aux\":{\"Tag\":\"1\",\"Digest\":\"" + digest + "\",\"Size\":528}}\r\n"));
        using var client = new DockerClient(script.Address);

        (await new DockerImages(client).Push("127.0.0.1:8080/shop/web", "1", null, Cancel)).Value.ShouldBe(digest);

        script.Requests.ShouldBe(["POST /v1.41/images/127.0.0.1:8080/shop/web/push?tag=1 HTTP/1.1"]);
    }

    static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
