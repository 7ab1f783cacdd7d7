using Dapper;

namespace Slipway.Registry.Tests.Storage;

/// <summary>That a database and a store which do not belong together are told apart at the start.</summary>
public sealed class StoreMarkTests
{
    [Fact]
    public async Task Start_First_MarksBothAndEveryNextOneIsRight()
    {
        await using var host = await RegistryHost.Start();
        var mark = (await File.ReadAllTextAsync(Mark(host))).Trim();
        InDatabase(host).ShouldBe([mark]);
        await host.Client.PushBlob("web", Client.Random(1000));
        await host.Restart();
        (await File.ReadAllTextAsync(Mark(host))).Trim().ShouldBe(mark);
    }

    [Fact]
    public async Task Start_SeveralServers_HaveTheSameMark()
    {
        await using var host = await RegistryHost.StartShared();
        await using var beside = await host.StartBeside();
        InDatabase(beside).ShouldBe([(await File.ReadAllTextAsync(Mark(host))).Trim()]);
    }

    [Fact]
    public async Task Start_StoreOfAnother_IsRefused()
    {
        await using var host = await RegistryHost.Start();
        await File.WriteAllTextAsync(Mark(host), "another\n");
        var message = (await Should.ThrowAsync<IOException>(() => host.Restart())).Message;
        message.ShouldContain("another registry's");
        message.ShouldContain("registry.storage");
    }

    [Fact]
    public async Task Start_StoreIsNotThatOfTheBlobs_IsRefusedUntilTheMarkIsPutThere()
    {
        await using var host = await RegistryHost.Start();
        await host.Client.PushBlob("web", Client.Random(1000));
        var mark = await File.ReadAllTextAsync(Mark(host));
        File.Delete(Mark(host));
        (await Should.ThrowAsync<IOException>(() => host.Restart())).Message.ShouldContain($"put the line '{mark.Trim()}' there");
        await File.WriteAllTextAsync(Mark(host), mark);
        await host.Restart();
    }

    [Fact]
    public async Task Start_NothingPushedYet_MarksTheStoreAgain()
    {
        await using var host = await RegistryHost.Start();
        File.Delete(Mark(host));
        await host.Restart();
        InDatabase(host).ShouldBe([(await File.ReadAllTextAsync(Mark(host))).Trim()]);
    }

    [Fact]
    public async Task Start_DatabaseIsNewAndTheStoreIsNot_IsRefused()
    {
        await using var host = await RegistryHost.Start();
        await host.Db.Write(connection => connection.Execute("DELETE FROM registry_store"));
        (await Should.ThrowAsync<IOException>(() => host.Restart())).Message.ShouldContain("another database's");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_DatabaseFromBeforeThereWereMarks_IsMarkedIfItsBlobsAreThere(bool isMarked)
    {
        await using var host = await RegistryHost.Start();
        await host.Client.PushBlob("web", Client.Random(1000));
        await host.Db.Write(connection => connection.Execute("DELETE FROM registry_store"));
        if (!isMarked) File.Delete(Mark(host));

        await host.Restart();

        InDatabase(host).ShouldBe([(await File.ReadAllTextAsync(Mark(host))).Trim()]);
    }

    [Fact]
    public async Task Start_DatabaseFromBeforeThereWereMarksOverAnEmptyStore_IsRefused()
    {
        await using var host = await RegistryHost.Start();
        await host.Client.PushBlob("web", Client.Random(1000));
        await host.Db.Write(connection => connection.Execute("DELETE FROM registry_store"));
        Directory.Delete(host.BlobFolder, recursive: true);
        (await Should.ThrowAsync<IOException>(() => host.Restart())).Message.ShouldContain("none of the 20 newest blobs");
        File.Exists(Mark(host)).ShouldBeFalse();
    }

    static string Mark(RegistryHost host) => Path.Combine(host.BlobFolder, "store-id");

    static List<string> InDatabase(RegistryHost host) => host.Db.Read(connection => connection.Query<string>("SELECT mark FROM registry_store").ToList());
}
