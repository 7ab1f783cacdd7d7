using Slipway.Registry.Secrets;

namespace Slipway.Registry.Tests.Secrets;

public sealed class SecretBoxTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-secrets-").FullName;

    string KeyFile => Path.Combine(_folder, "registry.key");

    [Fact]
    public void Open_WhatWasSealedBeforeARestart_IsTheSecret()
    {
        var secret = SecretBox.Open(KeyFile).Seal("pässword");
        SecretBox.Open(KeyFile).Open(secret).ShouldBe("pässword");
        secret.Text.ShouldNotContain("ssword");
    }

    [Fact]
    public void Seal_TheSameSecretTwice_LooksDifferent()
    {
        var box = SecretBox.Open(KeyFile);
        box.Seal("same").ShouldNotBe(box.Seal("same"));
    }

    [Fact]
    public void Open_KeyFile_IsForItsOwnerAlone()
    {
        SecretBox.Open(KeyFile);
        File.GetUnixFileMode(KeyFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_folder).ShouldBe([KeyFile]);
    }

    [Fact]
    public void Open_UnderAnotherKey_SaysWhichFileIsWrong()
    {
        var secret = SecretBox.Open(KeyFile).Seal("secret");
        File.Delete(KeyFile);
        Should.Throw<InvalidDataException>(() => SecretBox.Open(KeyFile).Open(secret)).Message.ShouldContain(KeyFile);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(40)]
    public void Open_ChangedAnywhere_IsRefused(int at)
    {
        var box = SecretBox.Open(KeyFile);
        var text = box.Seal("a secret of some length").Text.ToCharArray();
        text[at] = text[at] == 'A' ? 'B' : 'A';
        Should.Throw<InvalidDataException>(() => box.Open(new SealedSecret(new string(text))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1:")]
    [InlineData("v1:AAAA")]
    [InlineData("v1:not base64")]
    public void Open_Malformed_IsRefused(string text) =>
        Should.Throw<InvalidDataException>(() => SecretBox.Open(KeyFile).Open(new SealedSecret(text)));

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    public void Open_FileWithoutAKey_SaysSo(string content)
    {
        File.WriteAllText(KeyFile, content);
        Should.Throw<InvalidDataException>(() => SecretBox.Open(KeyFile)).Message.ShouldContain("holds no key");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
