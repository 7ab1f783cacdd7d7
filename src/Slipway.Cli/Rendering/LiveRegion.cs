using System.Globalization;
using System.Text;

namespace Slipway.Cli.Rendering;

/// <summary>
/// The lower end of a terminal, drawn again and again, below lines that are finished and scroll away (ECMA-48: CUU, CUD, EL, SGR). Between two frames the
/// cursor is at the start of the row below, so that what somebody else writes there is seen until the next one. Not thread-safe.
/// </summary>
/// <param name="size">Columns and rows of the terminal, now.</param>
sealed class LiveRegion(TextWriter output, Func<(int Columns, int Rows)> size)
{
    readonly List<int> _drawn = [];

    public void Draw(IEnumerable<ToneLine> finished, IEnumerable<ToneLine> now)
    {
        var (columns, rows) = size();
        var frame = new StringBuilder("\r");
        // A terminal that was made narrower meanwhile has folded what was drawn to its old width.
        var above = _drawn.Sum(cells => Math.Max(1, (cells + columns - 1) / columns));
        Clear(frame, above);
        _drawn.Clear();
        // One cell is left free: a terminal whose last cell is written may go to the next row or not.
        foreach (var line in finished) Append(frame, line.Tone, line.Tail.Length > 0 ? line.Fit(columns - 1) : line.Text);
        // What would scroll away could not be drawn over any more.
        foreach (var line in now.Take(Math.Max(1, rows - 2)))
        {
            var text = line.Fit(columns - 1);
            _drawn.Add(Width.Of(text));
            Append(frame, line.Tone, text);
        }
        // In one piece: a terminal that shows half a frame flickers.
        output.Write(frame.ToString());
        output.Flush();
    }

    /// <summary>
    /// Row by row: erasing to the end of the screen (ED) in one go makes some terminals, tmux among them, keep what was erased as lines that
    /// scrolled away where the region has come to begin in the first row.
    /// </summary>
    static void Clear(StringBuilder frame, int above)
    {
        var up = above > 0 ? string.Create(CultureInfo.InvariantCulture, $"\e[{above}A") : "";
        frame.Append(up);
        for (var row = 0; row < above; row++) frame.Append("\e[2K\e[B");
        frame.Append("\e[2K").Append(up);
    }

    static void Append(StringBuilder frame, Tone tone, string text)
    {
        var code = tone switch { Tone.Dim => "2", Tone.Good => "32", Tone.Warning => "33", Tone.Bad => "31", Tone.Strong => "1", _ => null };
        frame.Append(code is null ? text : $"\e[{code}m{text}\e[0m").Append('\n');
    }
}
