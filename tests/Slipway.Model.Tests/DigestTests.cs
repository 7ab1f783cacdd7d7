namespace Slipway.Model.Tests;

public sealed class DigestTests
{
    static readonly string Hex = new('a', 64);

    [Fact]
    public void TryParse_Registered_IsTaken()
    {
        Digest.TryParse("sha256:" + Hex, out var digest).ShouldBeTrue();
        (digest.Algorithm, digest.Hex, digest.Short).ShouldBe(("sha256", Hex, "aaaaaaaaaaaa"));
        Digest.TryParse("sha512:" + Hex + Hex, out digest).ShouldBeTrue();
        digest.Algorithm.ShouldBe("sha512");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:abc")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha256:gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg")]
    [InlineData("SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha512:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void TryParse_Other_IsRefused(string? text)
    {
        Digest.TryParse(text, out _).ShouldBeFalse();
        if (text is not null) Should.Throw<FormatException>(() => Digest.Parse(text));
    }

    [Fact]
    public void Sha256_Empty_IsTheKnownOne() =>
        Digest.Sha256([]).Value.ShouldBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
