using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class CompressionTests
{
    static readonly RoutePolicy Policy = new() { Compress = true };
    static readonly string Text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));

    static async Task<string> Decoded(HttpResponseMessage answer)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        await using Stream plain = answer.Content.Headers.ContentEncoding.SingleOrDefault() switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        };
        using var reader = new StreamReader(plain);
        return await reader.ReadToEndAsync(Cancel);
    }

    static async Task<HttpResponseMessage> Ask(TestGateway gateway, string? accept, HttpMethod? method = null, Version? version = null, string path = "/")
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Version = version ?? HttpVersion.Version11 };
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        return await gateway.Client(version: version).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    [Theory]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip, deflate, br;q=0.5", "gzip")]
    [InlineData("br;q=0, gzip;q=0.1", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0.5, br;q=0", "gzip")]
    [InlineData("identity", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public async Task Compress_ByWhatTheClientTakes(string? accept, string? coding)
    {
        await using var known = await Backend.Start("known", context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.ContentLength = Text.Length;
            context.Response.Headers.ETag = "\"1\"";
            context.Response.Headers.AcceptRanges = "bytes";
            context.Response.Headers.Vary = "Cookie";
            return context.Response.WriteAsync(Text);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(known) with { Policy = Policy });

        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            var answer = await Ask(gateway, accept, version: version);
            answer.Content.Headers.ContentEncoding.SingleOrDefault().ShouldBe(coding);
            answer.Headers.Vary.ShouldBe(["Cookie", "Accept-Encoding"]);
            answer.Headers.ETag!.IsWeak.ShouldBe(coding is not null);
            answer.Headers.AcceptRanges.Count.ShouldBe(coding is null ? 1 : 0);
            (answer.Content.Headers.ContentLength == Text.Length).ShouldBe(coding is null);
            (await Decoded(answer)).ShouldBe(Text);
        }
    }

    [Fact]
    public async Task Compress_ChunkedAndEndedByTheConnection_IsWhole()
    {
        await using var chunked = await Backend.Start("chunked", async context =>
        {
            context.Response.ContentType = "application/json";
            foreach (var part in Text.Chunk(7000)) await context.Response.WriteAsync(new string(part));
        });
        await using var closing = RawUpstream.Answering($"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{Text}");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(chunked) with { Policy = Policy, Path = "/chunked" }, Routes.To(closing) with { Policy = Policy });

        foreach (var path in (string[])["/chunked", "/"])
        {
            var answer = await Ask(gateway, "gzip", path: path);
            answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
            (await Decoded(answer)).ShouldBe(Text);
        }
    }

    [Theory]
    [InlineData("image/png", "", 200)]
    [InlineData("text/event-stream", "", 200)]
    [InlineData("", "", 200)]
    [InlineData("text/plain", "Content-Encoding: zstd\r\n", 200)]
    [InlineData("text/plain", "Cache-Control: public, no-transform\r\n", 200)]
    [InlineData("text/plain", "Content-Range: bytes 0-4999/9999\r\n", 206)]
    public async Task Compress_WhatIsNotForIt_StaysAsItIs(string type, string headers, int status)
    {
        var body = new string('a', 5000);
        await using var upstream = RawUpstream.Answering($"HTTP/1.1 {status} OK\r\n{(type.Length == 0 ? "" : $"Content-Type: {type}\r\n")}{headers}Content-Length: 5000\r\n\r\n{body}");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream) with { Policy = Policy });

        var answer = await Ask(gateway, "gzip, br");

        answer.Content.Headers.ContentLength.ShouldBe(5000);
        answer.Content.Headers.ContentEncoding.ShouldNotContain("br");
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe(body);
    }

    [Fact]
    public async Task Compress_SmallOnesAndHead_StayAsTheyAre()
    {
        await using var backend = await Backend.Start("one", context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = context.Request.Path == "/small" ? 5 : Text.Length;
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(context.Request.Path == "/small" ? "small" : Text);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = Policy });

        var small = await Ask(gateway, "gzip", path: "/small");
        (await small.Content.ReadAsStringAsync(Cancel)).ShouldBe("small");
        small.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        var head = await Ask(gateway, "gzip", HttpMethod.Head);
        head.Content.Headers.ContentLength.ShouldBe(Text.Length);
        head.Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    [Fact]
    public async Task Compress_PieceByPiece_EachIsSeenWhenItIsSent()
    {
        var next = new TaskCompletionSource();
        await using var backend = await Backend.Start("one", async context =>
        {
            context.Response.ContentType = "application/x-ndjson";
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await next.Task.WaitAsync(Cancel);
            await context.Response.WriteAsync("second\n");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = Policy });

        foreach (var coding in (string[])["gzip", "br"])
        {
            if (next.Task.IsCompleted) next = new TaskCompletionSource();
            var answer = await Ask(gateway, coding);
            await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
            await using Stream plain = coding == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
            var buffer = new byte[6];
            await plain.ReadExactlyAsync(buffer, Cancel);
            Encoding.ASCII.GetString(buffer).ShouldBe("first\n");
            next.SetResult();
            using var reader = new StreamReader(plain);
            (await reader.ReadToEndAsync(Cancel)).ShouldBe("second\n");
        }
    }

    [Fact]
    public async Task Compress_AnswerThatBreaksOff_HasNoEnd()
    {
        await using var upstream = RawUpstream.Answering($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n{new string('a', 4000)}");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream) with { Policy = Policy });

        (await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nAccept-Encoding: gzip\r\n\r\n")).ShouldNotEndWith("0\r\n\r\n");
    }
}
