using FsCheck;
using FsCheck.Fluent;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>Texts that are nearly right: put together from pieces that a grammar knows and some that it must refuse.</summary>
static class Texts
{
    public static Arbitrary<string> Of(params string[] pieces) => Gen.Elements(pieces).ArrayOf().Select(string.Concat).ToArbitrary();

    public static Config Many { get; } = Config.QuickThrowOnFailure.WithMaxTest(2000);
}
