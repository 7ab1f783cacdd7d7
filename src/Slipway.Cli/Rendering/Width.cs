using System.Text;

namespace Slipway.Cli.Rendering;

/// <summary>Terminal cells of a text: East Asian wide characters take two (Unicode UAX #11), control characters and SGR sequences none.</summary>
static class Width
{
    public static int Of(string text)
    {
        var cells = 0;
        var escape = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (escape) escape = rune.Value is not ('m' or 'K');
            else if (rune.Value == 0x1b) escape = true;
            else cells += Of(rune);
        }
        return cells;
    }

    /// <summary>At most so many cells of a text without escape sequences, with … where something was cut off.</summary>
    public static string Fit(string text, int cells)
    {
        if (Of(text) <= cells) return text;
        var (fitted, used) = (new StringBuilder(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (used + Of(rune) > cells - 1) break;
            used += Of(rune);
            fitted.Append(rune.ToString());
        }
        return fitted.Append('…').ToString();
    }

    static int Of(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7f and < 0xa0) or (>= 0x300 and <= 0x36f) or 0x200b or 0xfe0f => 0,
        (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff)
            or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f300 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd) => 2,
        _ => 1,
    };
}
