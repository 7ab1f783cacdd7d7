using System.Security.Cryptography;
using System.Text;

namespace Slipway.Model;

/// <summary>
/// The name of a preview within its app: a DNS label (RFC 1123, section 2.1) made from a branch's name or from what a person calls it, as pr-12 or
/// feature-checkout. The label of a label is itself. Two branches may have one label; who stores previews keeps them apart by what they were made from.
/// </summary>
public readonly record struct PreviewName
{
    /// <summary>Enough to tell branches apart; together with a long app's name it is less (<see cref="AppName.MaxPreviewLength"/>).</summary>
    public const int MaxLength = 32;

    const int MaxText = 255, HashLength = 6;
    const string Heads = "refs/heads/";

    /// <summary>The label that stands for the release which waits unseen: preview.shop.example.com.</summary>
    const string Taken = "preview";

    readonly string? _value;

    PreviewName(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A PreviewName was used without a value.");

    /// <summary>The nearest label to the text; what is too long for the app's name is cut, and then ends with a hash of the whole.</summary>
    /// <exception cref="InvalidInputException">There is no text, or one that is no name of a branch.</exception>
    public static PreviewName Of(string? text, AppName app)
    {
        var name = Branch(text);
        if (name.Length is 0 or > MaxText || name.Any(char.IsControl))
            throw new InvalidInputException(new Diagnostic
            {
                Message = name.Length == 0 ? "the preview has no name" : "that is no name of a preview",
                Key = "name",
                Found = name.Length > MaxText ? $"{name.Length} characters" : null,
                Expected = $"the name of a branch, or one of your own such as pr-12, of at most {MaxText} characters",
            });
        var plain = new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')]);
        var label = string.Join('-', plain.Split('-', StringSplitOptions.RemoveEmptyEntries));
        var most = Math.Min(MaxLength, AppName.MaxPreviewLength - AppName.PreviewMark.Length - app.Value.Length);
        if (label.Length <= most && label is not ("" or Taken)) return new PreviewName(label);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashLength];
        var rest = label[..Math.Min(label.Length, most - HashLength - 1)].TrimEnd('-');
        return new PreviewName(rest.Length == 0 ? $"p-{hash}" : $"{rest}-{hash}");
    }

    /// <summary>What a person or a webhook calls the branch: refs/heads/x is x.</summary>
    public static string Branch(string? text)
    {
        var name = text?.Trim() ?? "";
        return name.StartsWith(Heads, StringComparison.Ordinal) ? name[Heads.Length..] : name;
    }

    /// <summary>The app that the preview is underneath: shop--pr-12.</summary>
    public AppName AppOf(AppName app) => AppName.Parse($"{app}{AppName.PreviewMark}{Value}");

    public override string ToString() => Value;
}
