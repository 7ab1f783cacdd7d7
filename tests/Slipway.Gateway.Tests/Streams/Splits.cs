using Slipway.Model;

namespace Slipway.Gateway.Tests.Streams;

static class Splits
{
    public static RouteSplit On(int release, StickyKind sticky = StickyKind.User) =>
        new() { Release = release, Sticky = sticky, Key = Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()) };
}
