namespace Slipway.Cli.Rendering;

/// <summary>How a line stands out.</summary>
enum Tone
{
    Plain,
    Dim,
    Good,
    Warning,
    Bad,
    Strong,
}

/// <summary>A line for a terminal.</summary>
/// <param name="Tail">
/// Its end, a time most often, that stays when the text before it is cut to the terminal's width. A line without one is told whole,
/// on as many rows as it takes, once it is finished.
/// </param>
readonly record struct ToneLine(Tone Tone, string Text, string Tail = "")
{
    public string Whole => Text + Tail;

    /// <summary>At most so many cells.</summary>
    public string Fit(int cells)
    {
        var tail = Width.Of(Tail);
        return tail > cells / 2 ? Width.Fit(Whole, cells) : Width.Fit(Text, cells - tail) + Tail;
    }
}
