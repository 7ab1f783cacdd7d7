using System.Net;

namespace Slipway.Gateway.Tests.Sites;

/// <summary>Conditional requests and ranges: RFC 9110, sections 13 and 14.</summary>
public sealed class ConditionTests : IAsyncLifetime
{
    const string Text = "0123456789", Before = "Sun, 01 Mar 2026 11:59:59 GMT", Same = "Sun, 01 Mar 2026 12:00:00 GMT", Later = "Sun, 01 Mar 2026 12:00:01 GMT";

    static readonly string Tag = TestSite.ETag(Text);

    readonly TestSite _site = new();
    TestGateway _gateway = null!;
    HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await _site.Start();
        _client = _gateway.Client();
        await _gateway.Publish(TestSite.Route(TestSite.To(_site.Write(1, new Dictionary<string, string> { ["/a.txt"] = Text, ["/empty.txt"] = "" }))));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
    }

    public static TheoryData<string, string, int> Conditions => new()
    {
        { "If-None-Match", Tag, 304 },
        { "If-None-Match", "W/" + Tag, 304 },
        { "If-None-Match", "*", 304 },
        { "If-None-Match", $"\"x\", \"y,{Tag[1..^1]}\" , {Tag}", 304 },
        { "If-None-Match", "\"other\"", 200 },
        { "If-None-Match", Tag[1..^1], 200 },
        { "If-None-Match", $"\"other\"; If-Modified-Since: {Later}", 200 },
        { "If-Modified-Since", Same, 304 },
        { "If-Modified-Since", Later, 304 },
        { "If-Modified-Since", "Sunday, 01-Mar-26 12:00:00 GMT", 304 },
        { "If-Modified-Since", Before, 200 },
        { "If-Modified-Since", "yesterday", 200 },
        { "If-Match", Tag, 200 },
        { "If-Match", "*", 200 },
        { "If-Match", "W/" + Tag, 412 },
        { "If-Match", "\"other\"", 412 },
        { "If-Unmodified-Since", Same, 200 },
        { "If-Unmodified-Since", Before, 412 },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task Condition_OnAFile_IsEvaluated(string name, string value, int status)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var answer = await Send(method, "/a.txt", (name, value));

            ((int)answer.StatusCode).ShouldBe(status, method.Method);
            answer.Headers.ETag!.Tag.ShouldBe(Tag);
            answer.Headers.CacheControl!.NoCache.ShouldBeTrue();
            if (status != 200) (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task NoneMatch_GoesBeforeModifiedSince()
    {
        using var answer = await Send(HttpMethod.Get, "/a.txt", ("If-None-Match", "\"other\""), ("If-Modified-Since", Later));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("bytes=0-3", 206, "0123", "bytes 0-3/10")]
    [InlineData("bytes=4-", 206, "456789", "bytes 4-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-99", 206, Text, "bytes 0-9/10")]
    [InlineData("bytes=8-99999999999999999999", 206, "89", "bytes 8-9/10")]
    [InlineData("Bytes=0-0", 206, "0", "bytes 0-0/10")]
    [InlineData("bytes=10-", 416, "", "bytes */10")]
    [InlineData("bytes=99999999999999999999-", 416, "", "bytes */10")]
    [InlineData("bytes=-0", 416, "", "bytes */10")]
    [InlineData("bytes=3-1", 200, Text, null)]
    [InlineData("bytes=0-1,4-5", 200, Text, null)]
    [InlineData("bytes=-", 200, Text, null)]
    [InlineData("bytes=a-b", 200, Text, null)]
    [InlineData("lines=0-1", 200, Text, null)]
    public async Task Range_OfAFile_IsSentOrRefusedOrIgnored(string range, int status, string body, string? contentRange)
    {
        using var answer = await Send(HttpMethod.Get, "/a.txt", ("Range", range));

        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(TestGateway.Cancel)).ShouldBe(body);
        answer.Content.Headers.ContentRange?.ToString().ShouldBe(contentRange);
        if (contentRange is null) answer.Content.Headers.ContentRange.ShouldBeNull();
        answer.Headers.AcceptRanges.ShouldBe(["bytes"]);
        answer.Content.Headers.ContentLength.ShouldBe(body.Length);
    }

    [Fact]
    public async Task Range_OfAnEmptyFile_CantBeSatisfied()
    {
        using var answer = await Send(HttpMethod.Get, "/empty.txt", ("Range", "bytes=0-"));

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    public static TheoryData<string, int> IfRanges => new() { { Tag, 206 }, { Same, 206 }, { "W/" + Tag, 200 }, { "\"other\"", 200 }, { Later, 200 }, { "nonsense", 200 } };

    [Theory]
    [MemberData(nameof(IfRanges))]
    public async Task IfRange_OfAnotherVersion_GivesTheWhole(string condition, int status)
    {
        using var answer = await Send(HttpMethod.Get, "/a.txt", ("Range", "bytes=0-3"), ("If-Range", condition));

        ((int)answer.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Range_WithHead_IsIgnored()
    {
        using var answer = await Send(HttpMethod.Head, "/a.txt", ("Range", "bytes=0-3"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentLength.ShouldBe(Text.Length);
    }

    async Task<HttpResponseMessage> Send(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await _client.SendAsync(request, TestGateway.Cancel);
    }
}
