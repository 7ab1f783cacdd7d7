using Slipway.Cli.Following;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>A rollout on a terminal. One task draws, ten times a second; the follower only hands in what happened.</summary>
sealed class LiveRolloutView : IRolloutView
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    readonly LiveRegion _region;
    readonly RolloutPicture _picture = new();
    readonly List<ToneLine> _finished = [];
    readonly Lock _gate = new();
    readonly CancellationTokenSource _ended = new();
    readonly TimeProvider _time;
    readonly Task _drawing;

    public LiveRolloutView(TextWriter output, TimeProvider time)
    {
        _region = new LiveRegion(output, TerminalSize);
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

    async Task Draw()
    {
        for (var frame = 0; ; frame++)
        {
            var last = _ended.IsCancellationRequested;
            DrawFrame(frame, last);
            if (last) return;
            await Task.WhenAny(Task.Delay(Tick, _time, _ended.Token));
        }
    }

    void DrawFrame(int frame, bool last)
    {
        List<ToneLine> finished, now;
        lock (_gate)
        {
            finished = [.. _finished];
            _finished.Clear();
            now = last ? [] : [.. _picture.Now(_time.GetUtcNow(), frame)];
        }
        _region.Draw(finished, now);
    }

    /// <summary>A terminal that does not know its size says 0.</summary>
    internal static (int Columns, int Rows) TerminalSize() =>
        (Console.WindowWidth is > 0 and var columns ? columns : 80, Console.WindowHeight is > 0 and var rows ? rows : 24);
}
