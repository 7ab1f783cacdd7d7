using System.Formats.Tar;
using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Images.Diffs;
using TarEntry = Slipway.Registry.Images.Diffs.TarEntry;

namespace Slipway.Registry.Tests.Images;

public sealed class TarStreamTests
{
    static async Task<List<TarEntry>> Read(byte[] tar) => await TarStream.Entries(new MemoryStream(tar), CancellationToken.None).ToListAsync();

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public async Task Entries_OfEveryFormat_AreRead(TarEntryFormat format)
    {
        var entries = await Read(Layers.Tar(format, ("etc/", "755|"), ("./etc/passwd", "600|root"), ("bin/sh -> busybox", ""), ("empty", "")));
        entries.Select(entry => (entry.Path, entry.Type, entry.Size, entry.Target)).ShouldBe(
            [("etc", '5', 0, null), ("etc/passwd", '0', 4, null), ("bin/sh", '2', 0, "busybox"), ("empty", '0', 0, null)]);
        entries[1].Mode.ShouldBe(Convert.ToInt32("600", 8));
        (await Read(Layers.Tar(format, ("a", "root"), ("b", "root"), ("c", "ROOT")))).Select(entry => entry.Content).Distinct().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task LongAndForeignNames_AreWhole(TarEntryFormat format)
    {
        var path = string.Join('/', Enumerable.Repeat("a-rather-long-name-of-a-folder", 12)) + "/日本語.txt";
        (await Read(Layers.Tar(format, (path, "x"), ("next", "y")))).Select(entry => entry.Path).ShouldBe([path, "next"]);
    }

    [Fact]
    public async Task CutOffOrDamaged_IsAnErrorInWords()
    {
        var tar = Layers.Tar(TarEntryFormat.Pax, ("a", new string('x', 5000)));
        await Should.ThrowAsync<InvalidDataException>(() => Read(tar[..3000]));
        var damaged = (byte[])tar.Clone();
        damaged[100] ^= 1;
        (await Should.ThrowAsync<InvalidDataException>(() => Read(damaged))).Message.ShouldContain("checksum");
    }

    [Fact]
    public async Task NamesThatClaimGigabytes_AreRefused_NotRead()
    {
        var tar = Layers.Tar(TarEntryFormat.Pax, ("a", "x"))[..512];
        // The header of the extended records, with a size of 4 GiB.
        System.Text.Encoding.ASCII.GetBytes("40000000000\0").CopyTo(tar, 124);
        "        "u8.CopyTo(tar.AsSpan(148));
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(tar.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
        tar[156].ShouldBe((byte)'x');
        (await Should.ThrowAsync<InvalidDataException>(() => Read(tar))).Message.ShouldContain("4294967296 bytes");
    }

    [Fact]
    public void Mutated_IsReadOrRefused_NeverAnythingElse()
    {
        var tar = Layers.Tar(TarEntryFormat.Pax, ("etc/", "755|"), ("etc/passwd", "root"), ("bin/sh -> busybox", ""), (new string('n', 200), "x"));
        var mutations = from position in Gen.Choose(0, tar.Length - 1) from value in Gen.Choose(0, 255) select (position, (byte)value);
        Prop.ForAll(Gen.ListOf(mutations).ToArbitrary(), list =>
        {
            var copy = (byte[])tar.Clone();
            foreach (var (position, value) in list) copy[position] = value;
            // A header that is told again what its sum is, so that the rest of it is looked at.
            for (var block = 0; block + 512 <= copy.Length; block += 512) Restate(copy.AsSpan(block, 512));
            try
            {
                Read(copy).GetAwaiter().GetResult();
            }
            catch (Exception refused) when (refused is InvalidDataException or EndOfStreamException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    static void Restate(Span<byte> header)
    {
        if (!header.Slice(257, 5).SequenceEqual("ustar"u8)) return;
        "        "u8.CopyTo(header[148..]);
        var sum = 0;
        foreach (var b in header) sum += b;
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }
}
