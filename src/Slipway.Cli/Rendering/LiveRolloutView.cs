using Slipway.Cli.Following;
using Slipway.Model;
using Spectre.Console;

namespace Slipway.Cli.Rendering;

/// <summary>A rollout on a terminal. One task draws, ten times a second; the follower only hands in what happened.</summary>
sealed class LiveRolloutView : IRolloutView
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    readonly IAnsiConsole _console = AnsiConsole.Console;
    readonly RolloutPicture _picture = new();
    readonly List<ToneLine> _finished = [];
    readonly Lock _gate = new();
    readonly CancellationTokenSource _ended = new();
    readonly TimeProvider _time;
    readonly Task _drawing;

    public LiveRolloutView(TimeProvider time)
    {
        _time = time;
        _drawing = Task.Run(Draw);
    }

    public void Show(RolloutEvent happened)
    {
        lock (_gate) _finished.AddRange(_picture.Take(happened));
    }

    public void Say(string line)
    {
        lock (_gate) _finished.Add(new ToneLine(Tone.Warning, line));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _drawing;
        _ended.Dispose();
    }

    async Task Draw() => await _console.Live(Text.Empty).AutoClear(true).Overflow(VerticalOverflow.Crop).StartAsync(async live =>
    {
        for (var frame = 0; ; frame++)
        {
            var last = _ended.IsCancellationRequested;
            DrawFrame(live, frame, last);
            if (last) return;
            await Task.WhenAny(Task.Delay(Tick, _time, _ended.Token));
        }
    });

    void DrawFrame(LiveDisplayContext live, int frame, bool last)
    {
        List<ToneLine> finished, now;
        lock (_gate)
        {
            finished = [.. _finished];
            _finished.Clear();
            now = last ? [] : [.. _picture.Now(_time.GetUtcNow(), frame)];
        }
        foreach (var line in finished) _console.Write(new Text(line.Text + "\n", StyleOf(line.Tone)));
        // Cut to the width: a line that wraps would leave pieces of itself behind when it is drawn over.
        var width = Math.Max(_console.Profile.Width - 1, 20);
        live.UpdateTarget(now.Count == 0 ? Text.Empty : new Rows(now.Select(line => new Text(Width.Fit(line.Text, width), StyleOf(line.Tone)))));
    }

    static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Dim => new Style(decoration: Decoration.Dim),
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Strong => new Style(decoration: Decoration.Bold),
        _ => Style.Plain,
    };
}
