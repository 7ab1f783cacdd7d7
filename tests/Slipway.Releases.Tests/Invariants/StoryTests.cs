using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>
/// Stories that nobody thought of: commands, deaths, outages, kills of the server between any two effects. Whatever happens, the <see cref="Laws"/> hold at
/// every moment, and when all works again the app comes to rest. A story that breaks one is made shorter as long as it still does, and then told.
/// The suite tells the same few each time, so that what fails there fails again. A hunt for others: <c>SLIPWAY_STORIES=5000</c>; one of them again:
/// <c>SLIPWAY_STORY_SEED=SEED,GAMMA,SIZE</c> as a failure prints it. docs/design/invariants.md.
/// </summary>
public sealed class StoryTests
{
    const int Most = 30;
    const int Usual = 24;

    [Fact]
    public void Story_Any_KeepsTheInvariantsAndComesToRest()
    {
        var events = from move in Moves.Any from looks in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 8)), (1, Gen.Choose(9, 40))) select new Event(move, looks);
        var stories = from length in Gen.Choose(3, Most) from list in events.ListOf(length) select new Story([.. list]);
        var hunted = Number("SLIPWAY_STORIES");
        var config = Config.QuickThrowOnFailure.WithMaxTest(hunted ?? Usual).WithQuietOnSuccess(true);
        if (Environment.GetEnvironmentVariable("SLIPWAY_STORY_SEED") is { Length: > 0 } seed)
        {
            var numbers = seed.Split(',').Select(n => ulong.Parse(n, CultureInfo.InvariantCulture)).ToList();
            config = config.WithReplay(numbers[0], numbers[1], (int)numbers[2]);
        }
        else if (hunted is null) config = config.WithReplay(20161123, 7);
        Check.One(config, Prop.ForAll(Arb.From(stories, story => story.Shorter()), story =>
        {
            Walk.Through(story).GetAwaiter().GetResult();
            return true;
        }));
    }

    static int? Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
