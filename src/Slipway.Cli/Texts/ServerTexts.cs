namespace Slipway.Cli.Texts;

/// <summary>Of several servers.</summary>
static class ServerTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("serve --roles", "What this server does: control, registry, or both (the default).", "此服务器的职责：control（应用）、registry（镜像仓库），默认两者皆有。"),
    ];
}
