namespace Slipway.Releases.Tests.Invariants;

/// <summary>Something that happens, and how often the reconciler looks before the next thing does: a command may come between any two of its steps.</summary>
sealed record Event(Move Move, int Looks);

/// <summary>What happens to an app, in order. Reads as a list of sentences, so that a story that breaks an invariant can be told.</summary>
sealed record Story(IReadOnlyList<Event> Events)
{
    /// <summary>Shorter stories, the shortest first: without a half, a quarter, …, one of the events; then with fewer looks.</summary>
    public IEnumerable<Story> Shorter()
    {
        for (var part = Events.Count / 2; part >= 1; part /= 2)
            for (var from = 0; from + part <= Events.Count; from += part)
                yield return new Story([.. Events.Take(from), .. Events.Skip(from + part)]);
        for (var i = 0; i < Events.Count; i++)
            if (Events[i].Looks > 0) yield return new Story([.. Events.Take(i), Events[i] with { Looks = Events[i].Looks / 2 }, .. Events.Skip(i + 1)]);
    }

    public override string ToString() => string.Concat(Events.Select((e, i) => $"\n  {i + 1,2}. {e.Move.Words}{(e.Looks > 0 ? $"; {e.Looks} looks" : "")}"));
}
