using Slipway.Registry.Secrets;

namespace Slipway.Registry.Tests.Secrets;

public sealed class SecretBoxTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-secrets-").FullName;

    RegistryOptions Options => new() { Folder = Path.Combine(_folder, "registry") };

    string KeyFile => Path.Combine(_folder, "registry.key");

    SecretBox Box => new(Options);

    [Fact]
    public void Open_WhatWasSealedBeforeARestart_IsTheSecret()
    {
        var box = Box.Seal("pässword", "mirror hub");
        Box.Open(box, "mirror hub").ShouldBe("pässword");
        System.Text.Encoding.UTF8.GetString(box).ShouldNotContain("ssword");
    }

    [Fact]
    public void Seal_TheSameSecretTwice_LooksDifferent() => Box.Seal("same", "a").ShouldNotBe(Box.Seal("same", "a"));

    [Fact]
    public void Seal_KeyFile_IsForItsOwnerAlone_AndNothingLiesBesideIt()
    {
        Box.Seal("x", "a");
        File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_folder).ShouldBe([KeyFile]);
    }

    [Fact]
    public void Open_ForAnotherPurpose_IsRefused() =>
        Should.Throw<InvalidDataException>(() => Box.Open(Box.Seal("secret", "webhook a"), "webhook b")).Message.ShouldContain("webhook b");

    [Fact]
    public void Open_UnderAnotherKey_SaysWhichFileIsWrong()
    {
        var box = Box.Seal("secret", "a");
        File.Delete(KeyFile);
        Should.Throw<InvalidDataException>(() => Box.Open(box, "a")).Message.ShouldContain(KeyFile);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(35)]
    public void Open_ChangedAnywhere_IsRefused(int at)
    {
        var box = Box.Seal("a secret of some length", "a");
        box[at] ^= 1;
        Should.Throw<InvalidDataException>(() => Box.Open(box, "a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0100000000000000000000000000")]
    public void Open_TooShort_IsRefused(string hex) => Should.Throw<InvalidDataException>(() => Box.Open(Convert.FromHexString(hex), "a"));

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    public void Seal_FileWithoutAKey_SaysSo(string content)
    {
        File.WriteAllText(KeyFile, content);
        Should.Throw<InvalidDataException>(() => Box.Seal("x", "a")).Message.ShouldContain("holds no key");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
