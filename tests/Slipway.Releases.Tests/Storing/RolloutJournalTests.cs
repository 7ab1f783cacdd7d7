using Slipway.Model;

namespace Slipway.Releases.Tests.Storing;

public sealed class RolloutJournalTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-test-").FullName;
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_Following_SeesWhatIsAppendedAndEndsWithTheRollout()
    {
        var journal = new RolloutJournal(_folder);
        journal.Append(1, Note("one"));
        var reading = Texts(journal, 0, follow: true);
        journal.Append(1, Note("two"));
        journal.Append(1, State(RolloutState.Done));
        (await reading.WaitAsync(TimeSpan.FromSeconds(20), _cancel)).ShouldBe(["0 one", "1 two", "2 Done"]);
    }

    [Fact]
    public async Task Read_FromAnIndex_SkipsWhatWasSeen()
    {
        var journal = new RolloutJournal(_folder);
        for (var i = 0; i < 3; i++) journal.Append(1, Note($"{i}"));
        (await Texts(new RolloutJournal(_folder), 2, follow: false)).ShouldBe(["2 2"]);
    }

    [Fact]
    public async Task TornLastLine_IsSkipped_AndTheNextEventStandsOnItsOwn()
    {
        new RolloutJournal(_folder).Append(1, Note("one"));
        await File.AppendAllTextAsync(Path.Combine(_folder, "1.ndjson"), "{\"type\":\"note\",\"te", _cancel);
        var journal = new RolloutJournal(_folder);
        (await Texts(journal, 0, follow: false)).ShouldBe(["0 one"]);
        journal.Append(1, Note("three"));
        (await Texts(journal, 0, follow: false)).ShouldBe(["0 one", "2 three"]);
    }

    async Task<List<string>> Texts(RolloutJournal journal, long from, bool follow)
    {
        var texts = new List<string>();
        await foreach (var (index, happened) in journal.Read(1, from, follow, _cancel))
            texts.Add($"{index} {happened switch { RolloutEvent.Note note => note.Text, RolloutEvent.StateChanged state => state.State.ToString(), _ => "?" }}");
        return texts;
    }

    static RolloutEvent.Note Note(string text) => new() { Time = DateTimeOffset.UnixEpoch, Text = text };

    static RolloutEvent.StateChanged State(RolloutState state) => new() { Time = DateTimeOffset.UnixEpoch, State = state };
}
