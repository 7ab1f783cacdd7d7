using System.Formats.Tar;
using Slipway.Registry.Images.Diffs;

namespace Slipway.Registry.Tests.Images;

public sealed class LayerTreeTests
{
    static async Task<string> Tree(params string[][] layers)
    {
        var tree = new LayerTree();
        foreach (var layer in layers) await tree.Apply(TarStream.Entries(new MemoryStream(Layers.Tar(TarEntryFormat.Pax, [.. layer.Select(path => (path, ""))])), CancellationToken.None), 1000);
        return string.Join(' ', tree.Entries.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Whiteouts_RemoveOfTheLayersBelow_NotOfTheirOwn()
    {
        (await Tree(["a/", "a/x", "a/b/", "a/b/y", "c"], ["a/.wh.b", ".wh.c"])).ShouldBe("a a/x");
        (await Tree(["a/", "a/x"], ["a/.wh.x", "a/x"])).ShouldBe("a a/x");
        (await Tree(["a/", "a/x", "a/y", "ab"], ["a/", "a/.wh..wh..opq", "a/z"])).ShouldBe("a a/z ab");
        (await Tree(["a/", "a/x"], [".wh..wh..opq", "b"])).ShouldBe("b");
        (await Tree(["a"], [".wh.none"])).ShouldBe("a");
    }

    [Fact]
    public async Task FileInPlaceOfAFolder_TakesWhatWasBelow_AndAFolderAgainKeepsIt()
    {
        (await Tree(["a/", "a/x"], ["a"])).ShouldBe("a");
        (await Tree(["a/", "a/x"], ["a/"])).ShouldBe("a a/x");
    }

    [Fact]
    public async Task MoreThanTheBound_IsRefused() =>
        (await Should.ThrowAsync<InvalidDataException>(() => Tree([.. Enumerable.Range(0, 1001).Select(i => $"f{i}")]))).Message.ShouldContain("more than 1000 files");
}
