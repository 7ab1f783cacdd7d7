using System.Text;

namespace Slipway.Cli.Tests.Rendering;

/// <summary>What a terminal makes of what is written to it: of ECMA-48 what the live region uses, with rows that scroll away kept.</summary>
sealed class Screen(int columns, int rows) : StringWriter
{
    readonly List<string> _gone = [];
    readonly List<StringBuilder> _rows = [.. Enumerable.Range(0, rows).Select(_ => new StringBuilder())];
    int _row, _column;

    /// <summary>Every row that was ever finished, and what is on the screen, without empty rows at its end.</summary>
    public string Text => string.Join('\n', _gone.Concat(_rows.Select(row => row.ToString().TrimEnd()))).TrimEnd('\n');

    public override void Write(string? value)
    {
        for (var i = 0; i < value!.Length; i++)
        {
            if (value[i] == '\r') _column = 0;
            else if (value[i] == '\n') (_row, _column) = (Down(), 0);
            else if (value[i] == '\e') i = Control(value, i + 2);
            else Put(value[i]);
        }
    }

    int Control(string text, int at)
    {
        var end = at;
        while (!char.IsAsciiLetter(text[end])) end++;
        var number = end > at ? int.Parse(text[at..end], System.Globalization.CultureInfo.InvariantCulture) : 1;
        if (text[end] == 'A') _row = Math.Max(0, _row - number);
        else if (text[end] == 'B') _row = Math.Min(rows - 1, _row + number);
        else if (text[end] == 'K') _rows[_row].Clear();
        else if (text[end] != 'm') throw new NotSupportedException($"CSI {text[end]}");
        return end;
    }

    void Put(char letter)
    {
        if (_column == columns) (_row, _column) = (Down(), 0);
        var row = _rows[_row];
        while (row.Length <= _column) row.Append(' ');
        row[_column++] = letter;
    }

    int Down()
    {
        if (_row < rows - 1) return _row + 1;
        _gone.Add(_rows[0].ToString().TrimEnd());
        _rows.RemoveAt(0);
        _rows.Add(new StringBuilder());
        return _row;
    }
}
