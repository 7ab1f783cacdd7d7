namespace Slipway.Cli.Rendering;

/// <summary>A table without lines: columns two spaces apart, as wide as their widest cell; the last one runs free.</summary>
static class Columns
{
    public static void Write(TextWriter output, Paint paint, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.ToList();
        var widths = head.Select((title, column) => all.Select(row => Width.Of(row[column])).Append(Width.Of(title)).Max()).ToArray();
        output.WriteLine(paint.Dim(Line(head, widths)));
        foreach (var row in all) output.WriteLine(Line(row, widths));
    }

    static string Line(IReadOnlyList<string> cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, column) => column == widths.Length - 1 ? cell : cell + new string(' ', widths[column] - Width.Of(cell)))).TrimEnd();
}
