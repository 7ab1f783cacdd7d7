using System.Net;
using System.Text;
using System.Text.Json;
using Slipway.Gateway.Control;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Control;

/// <summary>What has not changed from one table to the next is neither read nor compiled again.</summary>
public sealed class RouteMemoryTests
{
    [Fact]
    public async Task Read_OneRouteChanged_OthersAreTheSameObjects()
    {
        using var memory = new RouteMemory();
        var first = await Read(memory, Table(1, Route("a"), Route("b"), Route("c")));
        var second = await Read(memory, Table(2, Route("c"), Route("b", port: 81), Route("a")));

        second.Version.ShouldBe(2);
        second.Routes[0].ShouldBeSameAs(first.Routes[2]);
        second.Routes[2].ShouldBeSameAs(first.Routes[0]);
        second.Routes[1].ShouldNotBeSameAs(first.Routes[1]);
        second.Routes[1].Destinations[0].Upstreams[0].Port.ShouldBe(81);
    }

    [Fact]
    public async Task Read_ByteByByte_IsWhatWasWritten()
    {
        using var memory = new RouteMemory();
        var table = Table(7, Route("a"), Route("b") with { Path = "/ü\"[{", Https = new HttpsPolicy { Mode = HttpsMode.Only } });
        for (var i = 0; i < 3; i++)
        {
            var read = await Read(memory, table);
            JsonSerializer.Serialize(read, ModelJson.Default.RouteTable).ShouldBe(JsonSerializer.Serialize(table, ModelJson.Default.RouteTable));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"routes":[]}""")]
    [InlineData("""{"version":"x","routes":[]}""")]
    [InlineData("""{"version":1,"routes":null}""")]
    [InlineData("""{"version":1,"routes":[null]}""")]
    [InlineData("""{"version":1,"routes":[{"app":"shop"}]}""")]
    [InlineData("""{"version":1,"routes":[]} and more""")]
    [InlineData("""{"version":1,"routes":[""")]
    public async Task Read_NoRouteTable_IsRefusedAndForgotten(string json)
    {
        using var memory = new RouteMemory();
        var before = await Read(memory, Table(1, Route("a")));

        await Should.ThrowAsync<JsonException>(async () => await memory.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)), Cancel));
        (await Read(memory, Table(2, Route("a")))).Routes[0].ShouldBeSameAs(before.Routes[0]);
    }

    [Fact]
    public void Compile_SameRouteAgain_KeepsWhatWasMadeOfIt()
    {
        var compiler = new TableCompiler(new InstanceBook(TimeSpan.FromSeconds(30)), new TrafficBook());
        var (kept, changed) = (Route("a"), Route("b"));
        var first = compiler.Compile(new RouteTable { Version = 1, Routes = [kept, changed] });
        var second = compiler.Compile(new RouteTable { Version = 2, Routes = [kept, changed with { Path = "/x" }] });
        var without = compiler.Compile(new RouteTable { Version = 3, Routes = [changed] });
        var back = compiler.Compile(new RouteTable { Version = 4, Routes = [kept] });

        second.Find("a.test", "/", null!).ShouldBeSameAs(first.Find("a.test", "/", null!));
        second.Find("b.test", "/", null!).ShouldBeNull();
        second.Find("b.test", "/x", null!).ShouldNotBeNull();
        second.Instances.ShouldBe(first.Instances, ignoreOrder: true);
        without.Find("a.test", "/", null!).ShouldBeNull();
        without.Instances.Count.ShouldBe(1);
        back.Find("a.test", "/", null!).ShouldNotBeNull();
    }

    [Fact]
    public async Task Publish_RouteIsLeftOutAndComesBack_IsServedEachTimeAsItSays()
    {
        await using var one = await Backend.Start("one");
        await using var two = await Backend.Start("two");
        await using var gateway = await Start();
        using var client = gateway.Client();

        foreach (var backend in (Backend[])[one, two, one])
        {
            await gateway.Publish(Routes.To(backend), Routes.To("other.test", one));
            (await client.GetStringAsync("/", Cancel)).ShouldBe(backend.Name);
            await gateway.Publish(Routes.To("other.test", one));
            (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    static ValueTask<RouteTable> Read(RouteMemory memory, RouteTable table) =>
        memory.Read(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(table, ModelJson.Default.RouteTable)), Cancel);

    static RouteTable Table(long version, params Route[] routes) => new() { Version = version, Routes = routes };

    static Route Route(string name, int port = 80) => new()
    {
        App = AppName.Parse(name),
        Service = "web",
        Hosts = [$"{name}.test"],
        Destinations = [new Destination { Release = 1, Weight = 1, Upstreams = [new Upstream(name, "127.0.0.1", port)] }],
    };
}
