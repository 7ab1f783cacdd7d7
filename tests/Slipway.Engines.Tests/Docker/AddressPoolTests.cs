using System.Net;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Engines.Tests.Docker;

public sealed class AddressPoolTests
{
    const string Full = """{"message":"could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"}""";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Free_NothingTaken_IsTheWholePoolInOrder()
    {
        var free = AddressPool.Free(IPNetwork.Parse("10.208.0.0/12"), []).ToList();
        free.Count.ShouldBe(1024);
        free[0].ShouldBe(IPNetwork.Parse("10.208.0.0/22"));
        free[^1].ShouldBe(IPNetwork.Parse("10.223.252.0/22"));
    }

    [Theory]
    [InlineData("10.0.0.0/8", 0)]
    [InlineData("10.208.1.0/24", 3)]
    [InlineData("10.208.4.0/22", 3)]
    [InlineData("10.208.0.0/21", 2)]
    [InlineData("172.17.0.0/16", 4)]
    [InlineData("fd00::/64", 4)]
    public void Free_WhatOverlaps_IsLeftOut(string taken, int free) => AddressPool.Free(IPNetwork.Parse("10.208.0.0/20"), [IPNetwork.Parse(taken)]).Count().ShouldBe(free);

    [Fact]
    public void Routes_AreThoseOfTheTable_WithoutTheDefaultOne()
    {
        var table = Path.GetTempFileName();
        try
        {
            File.WriteAllText(table, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                + "eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0000D00A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
            AddressPool.Routes(table).ShouldBe([IPNetwork.Parse("10.208.0.0/16")]);
        }
        finally
        {
            File.Delete(table);
        }
    }

    [Theory]
    [InlineData("could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network", true, false)]
    [InlineData("all predefined address pools have been fully subnetted", true, false)]
    [InlineData("Pool overlaps with other one on this address space", false, true)]
    [InlineData("no such driver", false, false)]
    public void Refusals_AreToldApart(string message, bool exhausted, bool taken)
    {
        var refused = new EngineException(500, message);
        (AddressPool.IsExhausted(refused), AddressPool.IsTaken(refused)).ShouldBe((exhausted, taken));
    }

    [Fact]
    public async Task Ensure_EngineHasNoAddressesLeft_TakesTheFirstFreeOnesOfThePool()
    {
        var created = 0;
        await using var engine = await ScriptedEngine.Start(first => first switch
        {
            _ when first.StartsWith("POST", StringComparison.Ordinal) => ++created switch
            {
                1 => ScriptedEngine.Json(500, Full),
                2 => ScriptedEngine.Json(403, """{"message":"Pool overlaps with other one on this address space"}"""),
                _ => ScriptedEngine.Json(201, """{"Id":"n1"}"""),
            },
            _ when first.Contains("filters", StringComparison.Ordinal) => ScriptedEngine.Json(200, "[]"),
            _ => ScriptedEngine.Json(200, """[{"Id":"n0","Name":"other","IPAM":{"Config":[{"Subnet":"10.208.0.0/22"}]}},{"Id":"h","Name":"host","IPAM":{"Config":null}}]"""),
        });
        using var client = new DockerClient(engine.Address);
        using var networks = new DockerNetworks(client, IPNetwork.Parse("10.208.0.0/12"));

        (await networks.Ensure(Workload(), Cancel)).ShouldBe(["n1"]);

        engine.Bodies.Where(body => body.Contains("Labels", StringComparison.Ordinal)).Select(Subnet).ShouldBe([null, "10.208.4.0/22", "10.208.8.0/22"]);
    }

    [Fact]
    public async Task Ensure_PoolIsFullToo_SaysWhatToDo()
    {
        await using var engine = await ScriptedEngine.Start(first => first.StartsWith("POST", StringComparison.Ordinal) ? ScriptedEngine.Json(500, Full)
            : ScriptedEngine.Json(200, first.Contains("filters", StringComparison.Ordinal) ? "[]" : """[{"Id":"n0","Name":"vpn","IPAM":{"Config":[{"Subnet":"10.0.0.0/8"}]}}]"""));
        using var client = new DockerClient(engine.Address);
        using var networks = new DockerNetworks(client, IPNetwork.Parse("10.208.0.0/12"));

        var refused = await Should.ThrowAsync<EngineException>(() => networks.Ensure(Workload(), Cancel));

        refused.Message.ShouldContain("There are no addresses left for the network slipway.shop.blue.default");
        refused.Message.ShouldContain("'networks' in DATA/slipway.yaml");
    }

    static string? Subnet(string body)
    {
        // It came in chunks.
        using var json = System.Text.Json.JsonDocument.Parse(body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)]);
        return json.RootElement.TryGetProperty("IPAM", out var addresses) ? addresses.GetProperty("Config")[0].GetProperty("Subnet").GetString() : null;
    }

    static Workload Workload() => new()
    {
        App = AppName.Parse("shop"), Service = "web", Release = 1, Image = "x", Hash = "h", Replicas = 1, Container = new ContainerSpec(),
        Networks = [new WorkloadNetwork { Name = "slipway.shop.blue.default", Aliases = ["web"], Definition = new NetworkModel { Key = "default" } }],
    };
}
