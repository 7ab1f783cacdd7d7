using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>
/// Stories that nobody thought of: commands, deaths, outages, kills of the server between any two effects. Whatever happens, the <see cref="Laws"/> hold at
/// every moment, and when all works again the app comes to rest. A story that breaks one is made shorter as long as it still does, and then told.
/// More of them, for a hunt: <c>SLIPWAY_STORIES=5000</c>; one of them again: <c>SLIPWAY_STORY_SEED=SEED,GAMMA,SIZE</c> as a failure prints it.
/// </summary>
public sealed class StoryTests
{
    const int Most = 30;

    [Fact]
    public void Story_Any_KeepsTheInvariantsAndComesToRest()
    {
        var events = from move in Moves.Any from looks in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 8)), (1, Gen.Choose(9, 40))) select new Event(move, looks);
        var stories = from length in Gen.Choose(3, Most) from list in events.ListOf(length) select new Story([.. list]);
        var config = Config.QuickThrowOnFailure.WithMaxTest(Number("SLIPWAY_STORIES") ?? 40).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("SLIPWAY_STORY_SEED") is { Length: > 0 } seed)
        {
            var numbers = seed.Split(',').Select(n => ulong.Parse(n, CultureInfo.InvariantCulture)).ToList();
            config = config.WithReplay(numbers[0], numbers[1], (int)numbers[2]);
        }
        Check.One(config, Prop.ForAll(Arb.From(stories, story => story.Shorter()), story =>
        {
            Walk.Through(story).GetAwaiter().GetResult();
            return true;
        }));
    }

    static int? Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
