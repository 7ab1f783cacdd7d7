using System.Text;

namespace Slipway.Pipelines.Images.Traces;

/// <summary>
/// Makes lines of bytes that come cut anywhere, also in the middle of a character. Of a line that was overwritten by carriage returns
/// (a progress bar) the last state is kept. A line without an end is cut at <see cref="MaxLine"/> bytes.
/// </summary>
internal sealed class LineAssembler
{
    public const int MaxLine = 16 * 1024;

    readonly List<byte> _rest = [];

    public IEnumerable<string> Add(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var end = bytes.Span.IndexOf((byte)'\n');
            var take = Math.Min(end >= 0 ? end : bytes.Length, MaxLine - _rest.Count);
            _rest.AddRange(bytes.Span[..take]);
            bytes = bytes[take..];
            if (bytes.Length > 0 && bytes.Span[0] == '\n') bytes = bytes[1..];
            else if (_rest.Count < MaxLine) yield break;
            yield return Take();
        }
    }

    /// <summary>What is left when the step has ended; null where its last line had an end.</summary>
    public string? Flush() => _rest.Count > 0 ? Take() : null;

    string Take()
    {
        var text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rest)).TrimEnd('\r');
        _rest.Clear();
        return text[(text.LastIndexOf('\r') + 1)..];
    }
}
