using Slipway.Server.Data;

namespace Slipway.Server.Tests.Data;

public sealed class DataFolderTests : IDisposable
{
    const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly TestFolder _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void Prepare_NoFolder_MakesItForTheOwnerAlone()
    {
        var folder = new DataFolder(Path.Combine(_parent.Path, "data"));

        folder.Prepare();

        File.GetUnixFileMode(folder.Path).ShouldBe(Owner);
        foreach (var part in (string[])[folder.Registry, folder.Files, folder.Rollouts, folder.Gateway, folder.Run, folder.Logs])
            File.GetUnixFileMode(part).ShouldBe(Owner);
    }

    [Fact]
    public void Prepare_OpenFolderOfSomebody_RefusesAndLeavesItsMode()
    {
        _parent.Write("letter.txt", "dear ...");
        var open = Owner | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_parent.Path, open);

        var refused = Should.Throw<ServerStartException>(() => new DataFolder(_parent.Path).Prepare());

        refused.Message.ShouldContain("chmod 700");
        File.GetUnixFileMode(_parent.Path).ShouldBe(open);
    }

    [Fact]
    public void Prepare_OpenFolderOfOurs_ClosesIt()
    {
        new DataFolder(_parent.Path).Prepare();
        File.WriteAllText(new DataFolder(_parent.Path).Database, "");
        File.SetUnixFileMode(_parent.Path, Owner | UnixFileMode.GroupRead);

        new DataFolder(_parent.Path).Prepare();

        File.GetUnixFileMode(_parent.Path).ShouldBe(Owner);
    }

    [Fact]
    public void Prepare_PathIsAFile_SaysSo()
    {
        var file = _parent.Write("file", "");

        Should.Throw<ServerStartException>(() => new DataFolder(file).Prepare()).Message.ShouldContain(file);
    }
}
