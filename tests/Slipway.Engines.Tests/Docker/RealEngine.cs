using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Slipway.Engines.Docker;

[assembly: AssemblyFixture(typeof(Slipway.Engines.Tests.Docker.RealEngine))]

namespace Slipway.Engines.Tests.Docker;

/// <summary>The Docker Engine that these tests run against, and a small image on it: busybox with its applets, built by Slipway's own builder.</summary>
public sealed class RealEngine : IAsyncLifetime
{
    public const string Tag = "slipway-engines-tests/busybox:1";

    const string Busybox = "/bin/busybox";

    const string Dockerfile = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN mkdir -p /tmp /etc /var/data && chmod 1777 /tmp && echo root:x:0:0:root:/:/bin/sh > /etc/passwd
        ENV PATH=/bin GREETING=hello
        EXPOSE 5353/udp 9090 8080/tcp
        VOLUME /var/data
        CMD ["sleep", "3600"]
        """;

    public DockerClient Client { get; } = new(DockerClient.DefaultAddress);

    public DockerImages Images => new(Client);

    public DockerBuilds Builds => new(Client);

    public async ValueTask InitializeAsync()
    {
        try
        {
            await Client.NegotiateVersion(TestContext.Current.CancellationToken);
        }
        catch (EngineUnavailableException none)
        {
            throw new InvalidOperationException($"These tests need a Docker Engine: run them through ./slipway test, which starts one. {none.Message}", none);
        }
        if (!File.Exists(Busybox)) throw new InvalidOperationException($"These tests need {Busybox} (apt-get install busybox-static): run them through ./slipway test.");
        if (await Images.Find(Tag, TestContext.Current.CancellationToken) is null)
            await Build(Dockerfile, Tag, new() { ["busybox"] = await File.ReadAllBytesAsync(Busybox) });
    }

    public ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Builds a Dockerfile and returns all that the engine told.</summary>
    public async Task<List<BuildMessage>> Build(string dockerfile, string? tag = null, Dictionary<string, byte[]>? files = null, Func<BuildRequest, BuildRequest>? with = null)
    {
        var request = new BuildRequest { BuildId = Guid.NewGuid().ToString("N"), Tag = tag };
        var messages = new List<BuildMessage>();
        await foreach (var message in Builds.Build(with?.Invoke(request) ?? request, Context(dockerfile, files), TestContext.Current.CancellationToken))
            messages.Add(message);
        return messages;
    }

    /// <summary>What the engine itself says, past the code under test's reading of it.</summary>
    public async Task<JsonElement> Json(string path)
    {
        using var answer = await Client.Send(HttpMethod.Get, path, null, TestContext.Current.CancellationToken);
        using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
        return json.RootElement.Clone();
    }

    public async Task<bool> Exists(string path)
    {
        try
        {
            await Json(path);
            return true;
        }
        catch (EngineException missing) when (missing.Status == 404)
        {
            return false;
        }
    }

    public async Task Post(string path, string json) =>
        (await Client.Send(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken)).Dispose();

    public async Task Delete(string path) => (await Client.Send(HttpMethod.Delete, path, null, TestContext.Current.CancellationToken)).Dispose();

    public static Func<Stream, CancellationToken, Task> Context(string dockerfile, Dictionary<string, byte[]>? files = null) => async (stream, cancel) =>
    {
        await using var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        await Write(tar, "Dockerfile", Encoding.UTF8.GetBytes(dockerfile), cancel);
        foreach (var (name, content) in files ?? []) await Write(tar, name, content, cancel);
    };

    static Task Write(TarWriter tar, string name, byte[] content, CancellationToken cancel) => tar.WriteEntryAsync(
        new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(content),
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
        },
        cancel);
}
