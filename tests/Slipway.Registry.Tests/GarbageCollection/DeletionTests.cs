using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.GarbageCollection;

/// <summary>What may come between a blob's row, which goes first, and its object.</summary>
public sealed class DeletionTests : IAsyncLifetime
{
    static readonly byte[] Content = Client.Random(1000);

    RegistryHost _host = null!;
    HeldStore _store = null!;
    string _digest = "";

    public async ValueTask InitializeAsync()
    {
        _host = await RegistryHost.Start(services: services => services.AddSingleton<IBlobStore>(provider =>
            _store = new HeldStore(new FileBlobStore(provider.GetRequiredService<RegistryOptions>().Folder))));
        _digest = await _host.Client.PushBlob("a/b", Content);
        _host.Time.Ahead += TimeSpan.FromDays(2);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Push_WhileTheObjectIsBeingDeleted_WaitsForItAndIsThere()
    {
        var collection = Collect();
        await _store.Reached;
        var push = _host.Client.PushBlob("a/b", Content);
        // The push has come as far as it can: all but its publish. That it waits can't be seen; that it did not must not matter.
        await Task.WhenAny(push, Uploaded());
        _store.GoOn();
        await Task.WhenAll(push, collection);
        (await _host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{_digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task Push_OfAnotherDigest_DoesNotWait()
    {
        var collection = Collect();
        await _store.Reached;
        var other = Enumerable.Range(2, 100).Select(seed => Client.Random(100, seed)).First(content => Client.Sha256(content)[7..9] != _digest[7..9]);
        await _host.Client.PushImage("c/d", "v1", seed: 5);
        await _host.Client.PushBlob("a/b", other);
        _store.GoOn();
        (await collection).Blobs.ShouldBe(1);
    }

    [Fact]
    public async Task Object_OnTheListThatHasARowAgain_Stays()
    {
        _store.GoOn();
        await _host.Client.Send("HEAD", $"/v2/a/b/blobs/{_digest}");
        await Database.Write(connection => connection.Execute(
            "INSERT INTO registry_garbage (object_key, digest, size, due) SELECT object_key, digest, size, created FROM registry_blobs"));
        await Collect();
        (await _host.Client.GetByteArrayAsync($"/v2/a/b/blobs/{_digest}")).ShouldBe(Content);
        Listed().ShouldBe(0);
    }

    [Fact]
    public async Task Delete_Fails_IsTriedAgainByTheNextCollection()
    {
        _store.Failure = new IOException("the store is away");
        (await Collect()).Failed.ShouldBe(1);
        Listed().ShouldBe(1);
        await _host.Restart();
        _store.GoOn();
        (await Collect()).Failed.ShouldBe(0);
        Listed().ShouldBe(0);
        Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "blobs"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    Database.Database Database => _host.Services.GetRequiredService<Database.Database>();

    async Task<CollectionReport> Collect() =>
        (await _host.Services.GetRequiredService<GarbageCollector>().Collect(new CollectionRequest(), Caller.Server)).ShouldNotBeNull();

    long Listed() => Database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM registry_garbage"));

    async Task Uploaded()
    {
        var uploads = Path.Combine(_host.BlobFolder, "uploads");
        while (!new DirectoryInfo(uploads).EnumerateFiles().Any(file => file.Length == Content.Length)) await Task.Yield();
    }
}
