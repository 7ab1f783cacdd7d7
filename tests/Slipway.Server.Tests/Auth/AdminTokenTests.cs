using System.Text;
using Slipway.Server.Auth;
using Slipway.Server.Data;

namespace Slipway.Server.Tests.Auth;

public sealed class AdminTokenTests : IDisposable
{
    readonly TestFolder _folder = new();

    DataFolder Data => new(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadOrMake_NoFile_MakesOneThatOnlyTheOwnerReads()
    {
        var token = AdminToken.ReadOrMake(Data);

        File.ReadAllText(Data.AdminToken).ShouldBe(token.Text + "\n");
        token.Text.Length.ShouldBe(43);
        File.GetUnixFileMode(Data.AdminToken).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void ReadOrMake_Again_ReadsTheSame() => AdminToken.ReadOrMake(Data).Text.ShouldBe(AdminToken.ReadOrMake(Data).Text);

    [Fact]
    public void ReadOrMake_CrashLeftOverHalfOfOne_MakesANewOne()
    {
        _folder.Write("admin.token.new", "half");

        AdminToken.ReadOrMake(Data).Text.Length.ShouldBe(43);
    }

    [Fact]
    public void ReadOrMake_OthersCanRead_Refuses()
    {
        AdminToken.ReadOrMake(Data);
        File.SetUnixFileMode(Data.AdminToken, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Should.Throw<ServerStartException>(() => AdminToken.ReadOrMake(Data)).Message.ShouldContain("can be read by others");
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    public void ReadOrMake_NoToken_Refuses(string content)
    {
        File.SetUnixFileMode(_folder.Write("admin.token", content), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Should.Throw<ServerStartException>(() => AdminToken.ReadOrMake(Data)).Message.ShouldContain("holds no token");
    }

    [Fact]
    public void Matches_OnlyTheWholeToken()
    {
        var token = AdminToken.ReadOrMake(Data);
        var bytes = Encoding.ASCII.GetBytes(token.Text);

        token.Matches(bytes).ShouldBeTrue();
        token.Matches(bytes.AsSpan(1)).ShouldBeFalse();
        token.Matches([]).ShouldBeFalse();
        bytes[^1] ^= 1;
        token.Matches(bytes).ShouldBeFalse();
    }
}
