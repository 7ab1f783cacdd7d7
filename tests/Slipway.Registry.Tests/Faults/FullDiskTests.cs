using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Verifying;

namespace Slipway.Registry.Tests.Faults;

/// <summary>A disk that has no byte left, with the database on it too, and the watermark that should keep it from coming so far switched off.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    FaultyDisk _disk = null!;
    RegistryHost _host = null!;
    string _image = "";

    HttpClient Http => _host.Client;

    public async ValueTask InitializeAsync()
    {
        _disk = FaultyDisk.InMemory(32);
        _host = await RegistryHost.Start(folder: Directory.CreateDirectory(_disk.Folder).FullName);
        _image = await Http.PushImage("a/b", "v1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _disk?.Dispose();
    }

    [Fact]
    public async Task Push_NoSpaceForTheBytes_Is507_LeavesNothing_AndPullsGoOn()
    {
        _disk.Fill(left: 2 << 20);
        var large = Client.Random(6 << 20, 5);

        await (await Http.Send("POST", $"/v2/a/b/blobs/uploads/?digest={Client.Sha256(large)}", large)).ShouldBeRefused(507, "DENIED");
        await (await SendOfUnknownLength("POST", $"/v2/a/b/blobs/uploads/?digest={Client.Sha256(large)}", large)).ShouldBeRefused(507, "DENIED");

        Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "uploads")).ShouldBeEmpty();
        await ShouldBeWhole();
        (await Http.Send("HEAD", $"/v2/a/b/blobs/{Client.Sha256(large)}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Upload_NoSpaceInTheMiddle_GoesOnWhereItWas_WhenThereIsRoom()
    {
        var large = Client.Random(6 << 20, 5);
        var location = await Http.StartUpload("a/b");
        _disk.Fill(left: 2 << 20);
        await (await SendOfUnknownLength("PATCH", location, large)).ShouldBeRefused(507, "DENIED");
        _disk.Empty();

        var range = (await Http.Send("GET", location)).Header("Range")!;
        var offset = int.Parse(range.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) + 1;
        offset.ShouldBeInRange(1, large.Length - 1);
        (await Http.Send("PUT", $"{location}?digest={Client.Sha256(large)}", large[offset..])).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{Client.Sha256(large)}")).ShouldBe(large);
        await ShouldBeWhole();
    }

    [Fact]
    public async Task Cancel_OnTheFullDisk_MakesRoom()
    {
        var location = await Http.StartUpload("a/b");
        await Http.Send("PATCH", location, Client.Random(4 << 20));
        _disk.Fill(left: 0);
        (await Http.Send("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Http.PushBlob("a/b", Client.Random(1 << 20, 9));
        await ShouldBeWhole();
    }

    [Fact]
    public async Task Tags_NoSpaceForTheDatabase_Are507_WhatWas201IsThere_AndItRecoversByItself()
    {
        var manifest = Encoding.UTF8.GetBytes(await (await Http.GetAsync("/v2/a/b/manifests/v1")).Text());
        _disk.Fill(left: 0);
        var acknowledged = new List<string>();
        HttpResponseMessage refused;
        // The log of the database has some room in it; when it has to grow, the disk says no. Eight at a time, so that some of a group come before it.
        while (true)
        {
            acknowledged.Count.ShouldBeLessThan(20_000);
            var tags = Enumerable.Range(acknowledged.Count, 8).Select(i => $"t{i}").ToList();
            var answers = await Task.WhenAll(tags.Select(tag => Http.Send("PUT", $"/v2/a/b/manifests/{tag}", manifest, ("Content-Type", Client.OciImage))));
            acknowledged.AddRange(tags.Zip(answers).Where(pair => pair.Second.StatusCode == HttpStatusCode.Created).Select(pair => pair.First));
            if (answers.FirstOrDefault(answer => answer.StatusCode != HttpStatusCode.Created) is not { } no) continue;
            refused = no;
            break;
        }
        await refused.ShouldBeRefused(507, "DENIED");
        (await Http.Send("HEAD", $"/v2/a/b/blobs/{Client.Sha256(Client.Random(1000))}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldBeWhole();

        _disk.Empty();
        (await Http.Send("PUT", "/v2/a/b/manifests/after", manifest, ("Content-Type", Client.OciImage))).StatusCode.ShouldBe(HttpStatusCode.Created);
        await _host.Restart();
        foreach (var tag in acknowledged.Append("after"))
            (await Http.Send("HEAD", $"/v2/a/b/manifests/{tag}")).Header("Docker-Content-Digest").ShouldBe(_image, tag);
        await ShouldBeWhole();
    }

    /// <summary>As docker does: the server learns only on the way that it is too much.</summary>
    Task<HttpResponseMessage> SendOfUnknownLength(string method, string path, byte[] content)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(content) };
        request.Headers.TransferEncodingChunked = true;
        return Http.SendAsync(request);
    }

    async Task ShouldBeWhole()
    {
        (await Http.GetAsync("/v2/a/b/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(_image);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{Client.Sha256(Client.Random(1000))}")).ShouldBe(Client.Random(1000));
        await foreach (var line in _host.Services.GetRequiredService<Verifier>().Verify(withdraw: false, 2, Caller.Server, default))
            line.Finding.ShouldBeNull();
    }
}
