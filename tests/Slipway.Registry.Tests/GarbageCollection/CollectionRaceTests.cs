using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Verifying;

namespace Slipway.Registry.Tests.GarbageCollection;

/// <summary>Collections without a pause beside clients that push, delete and push again the same few digests.</summary>
public sealed class CollectionRaceTests
{
    const int Clients = 6;
    const int Rounds = 60;

    [Fact]
    public async Task Collect_BesidePushesOfTheSameDigests_NothingPushedIsEverMissing()
    {
        // A lease that is just long enough for one push: what is deleted or given up is garbage at once.
        await using var host = await RegistryHost.Start(options => options with
        {
            Lease = TimeSpan.FromSeconds(2), Collection = new CollectionOptions { StrayAge = TimeSpan.FromSeconds(5) },
        });
        var collector = host.Services.GetRequiredService<GarbageCollector>();
        using var done = new CancellationTokenSource();
        var collections = 0;
        var removed = 0L;
        var collecting = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                removed += (await collector.Collect(new CollectionRequest { AllStrays = true }, Caller.Server)).ShouldNotBeNull().Blobs;
                collections++;
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(client);
            for (var round = 0; round < Rounds; round++)
            {
                var (repository, seed) = ($"team{random.Next(2)}/app", random.Next(12));
                // Time runs fast: garbage ripens while others are in the middle of a push.
                host.Time.Ahead += TimeSpan.FromMilliseconds(300);
                var tag = $"client{client}";
                var manifest = Manifest(client, seed);
                await PushAsClientsDo(host.Client, repository, tag, seed, manifest);
                (await host.Client.GetAsync($"/v2/{repository}/manifests/{tag}")).StatusCode.ShouldBe(HttpStatusCode.OK);
                (await host.Client.GetByteArrayAsync($"/v2/{repository}/blobs/{Client.Sha256(Client.Random(1000, seed))}")).Length.ShouldBe(1000);
                await host.Client.Send("DELETE", $"/v2/{repository}/manifests/{tag}");
                if (random.Next(3) == 0) await host.Client.Send("DELETE", $"/v2/{repository}/manifests/{Client.Sha256(Encoding.UTF8.GetBytes(manifest))}");
            }
        })));
        await done.CancelAsync();
        await collecting;

        collections.ShouldBeGreaterThan(3);
        removed.ShouldBeGreaterThan(0);
        VerifyReport? report = null;
        await foreach (var line in host.Services.GetRequiredService<Verifier>().Verify(withdraw: false, 2, Caller.Server, default)) report = line.Report ?? report;
        report!.Clean.ShouldBeTrue(report.ToString());
    }

    static string Config(int seed) => $$"""{"seed":{{seed}}}""";

    // Blobs are everybody's, manifests are each client's own.
    static string Manifest(int client, int seed) => Client.Image(
        Client.Announce(Encoding.UTF8.GetBytes(Config(seed))), [Client.Announce(Client.Random(1000, seed))], $$""","annotations":{"client":"{{client}}"}""");

    // HEAD each blob, push those that are missing, put the manifest.
    static async Task PushAsClientsDo(HttpClient http, string repository, string tag, int seed, string manifest)
    {
        while (true)
        {
            foreach (var blob in (byte[][])[Encoding.UTF8.GetBytes(Config(seed)), Client.Random(1000, seed)])
                if ((await http.Send("HEAD", $"/v2/{repository}/blobs/{Client.Sha256(blob)}")).StatusCode == HttpStatusCode.NotFound)
                    await http.PushBlob(repository, blob);
            // The fast clock may end a lease between HEAD and PUT; then the registry says what is missing, and the client begins again.
            var put = await http.PutManifest(repository, tag, manifest);
            if (put.StatusCode == HttpStatusCode.Created) return;
            await put.ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        }
    }
}
