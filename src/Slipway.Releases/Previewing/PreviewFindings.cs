using Slipway.Model;

namespace Slipway.Releases.Previewing;

/// <summary>What is said while a preview's model is made: all that forbids it, and what is otherwise than in the app.</summary>
sealed class PreviewFindings
{
    readonly List<Diagnostic> _errors = [];
    readonly List<string> _notes = [];

    public IReadOnlyList<Diagnostic> Errors => _errors;

    public IReadOnlyList<string> Notes => _notes;

    public void Refuse(string key, string message, string expected, string? found = null) =>
        _errors.Add(new Diagnostic { Key = key, Message = message, Found = found, Expected = expected });

    public void Note(string text)
    {
        if (!_notes.Contains(text)) _notes.Add(text);
    }
}
