namespace Slipway.Registry.Mirroring.Client;

/// <summary>Bodies that are small by nature, read whole and within a bound.</summary>
static class Bodies
{
    /// <summary>Null where there is more than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> Read(HttpResponseMessage answer, int limit, CancellationToken cancel)
    {
        if (answer.Content.Headers.ContentLength > limit) return null;
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        return await Read(stream, limit, cancel);
    }

    /// <summary>Null where there is more than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> Read(Stream stream, int limit, CancellationToken cancel)
    {
        var body = new MemoryStream();
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer, cancel) is var read and > 0)
        {
            if (body.Length + read > limit) return null;
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }
}
