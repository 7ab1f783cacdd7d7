namespace Slipway.Gateway.Sites;

/// <summary>
/// Whether a file's name holds a hash of its content, as bundlers put it there: app.3f2a9c1b.js. Only what can hardly be anything else counts: eight or
/// more hexadecimal digits between two of . - _ (or before the extension), some of them letters and some not. Who names files otherwise says so.
/// </summary>
static class HashedNames
{
    const int Shortest = 8;

    public static bool Holds(string path)
    {
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        var dot = name.LastIndexOf('.');
        if (dot <= 0) return false;
        // app.3f2a9c1b.js.map is named by app.3f2a9c1b.js.
        foreach (var range in name[..dot].SplitAny('.', '-', '_'))
            if (IsHash(name[range])) return true;
        return false;
    }

    static bool IsHash(ReadOnlySpan<char> part)
    {
        if (part.Length < Shortest) return false;
        var (letters, digits) = (0, 0);
        foreach (var c in part)
        {
            if (char.IsAsciiDigit(c)) digits++;
            else if (c is >= 'a' and <= 'f') letters++;
            else return false;
        }
        return letters > 0 && digits > 0;
    }
}
