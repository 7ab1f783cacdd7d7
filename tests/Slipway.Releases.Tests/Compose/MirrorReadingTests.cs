using Slipway.Model;

namespace Slipway.Releases.Tests.Compose;

public sealed class MirrorReadingTests
{
    [Theory]
    [InlineData("{mirror: 5%, for: 2m}", 500, "GET,HEAD")]
    [InlineData("{mirror: 100%, for: 2m}", 10000, "GET,HEAD")]
    [InlineData("{mirror: {share: 0.5%}, for: 2m}", 50, "GET,HEAD")]
    [InlineData("{mirror: {share: 5%, methods: [POST, GET]}, for: 2m}", 500, "GET,POST")]
    public void Mirror_Forms_AreRead(string step, int share, string methods)
    {
        var canary = ComposeFolder.Service($"ports: ['80']\nx-release: {{strategy: canary, steps: [{step}, {{approve: true}}, {{weight: 1%, for: 2m}}, {{weight: 100%}}]}}").Release.Canary!;

        var first = canary.Steps[0];
        (first.Weight, first.IsApproval, first.Lasts).ShouldBe((null, false, TimeSpan.FromMinutes(2)));
        first.Mirror!.Share.ShouldBe(share);
        string.Join(',', first.Mirror.Methods).ShouldBe(methods);
        Enumerable.Range(0, 4).Select(canary.WeightAt).ShouldBe([0, 0, 100, 10000]);
        // An approval goes on with the copies that it finds.
        Enumerable.Range(0, 4).Select(step => canary.MirrorAt(step)?.Share).ShouldBe([share, share, null, null]);
    }

    [Fact]
    public void Mirrors_InAnyOrder_NeedNotRise()
    {
        var canary = ComposeFolder.Service("ports: ['80']\nx-release: {strategy: canary, steps: [{mirror: 50%, for: 1m}, {mirror: 5%, for: 1m}, {weight: 100%}]}").Release.Canary!;
        canary.Steps.Select(s => s.Mirror?.Share).ShouldBe([5000, 500, null]);
    }

    [Theory]
    [InlineData("{mirror: 5%}, {weight: 100%}", "does not say how long it lasts")]
    [InlineData("{mirror: 101%, for: 1m}, {weight: 100%}", "is no percentage")]
    [InlineData("{mirror: 0%, for: 1m}, {weight: 100%}", "is no share of the requests")]
    [InlineData("{weight: 5%, for: 1m}, {mirror: 5%, for: 1m}, {weight: 100%}", "copies come before the first weight")]
    [InlineData("{mirror: {methods: [GET]}, for: 1m}, {weight: 100%}", "does not say how many of the requests")]
    [InlineData("{mirror: {share: 5%, methods: [CONNECT]}, for: 1m}, {weight: 100%}", "'CONNECT' is no method whose requests can be copied")]
    [InlineData("{mirror: {share: 5%, methods: []}, for: 1m}, {weight: 100%}", "no method is named")]
    [InlineData("{mirror: 5%, weight: 5%, for: 1m}, {weight: 100%}", "'weight' stands in a step of copies")]
    [InlineData("{approve: true, mirror: 5%}, {weight: 100%}", "'mirror' stands in a step that waits for a person")]
    [InlineData("{mirror: 5%, for: 1m}", "the last step does not give the new release all requests")]
    public void Mirror_ThatIsWrong_IsToldOf(string steps, string message)
    {
        var errors = ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{strategy: canary, steps: [{steps}]}}");
        errors.ShouldContain(d => d.Message.Contains(message));
    }

    [Fact]
    public void Services_ThatCopyDifferentMethods_AreNoGroup()
    {
        static IReadOnlyList<Diagnostic> Of(string one, string other)
        {
            static string Service(string name, string method) => $"  {name}: {{image: i, ports: ['80'], x-release: {{strategy: canary, steps: [{{mirror: {{share: 5%, methods: [{method}]}}, for: 1m}}, {{weight: 100%}}]}}}}\n";
            using var folder = new ComposeFolder($"services:\n{Service("a", one)}{Service("b", other)}");
            return folder.Errors();
        }

        Of("GET", "GET").ShouldBeEmpty();
        Of("GET", "POST").ShouldContain(d => d.Message.Contains("'a' and 'b' differ in steps"));
    }
}
