namespace Slipway.Cli.Texts;

static class PreviewTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("deploy --preview", "Deploy as a preview of the app: beside it, at hosts and with volumes of its own. NAME is the branch's, or one such as pr-12.", "部署为应用的预览环境：与应用并存，有自己的主机名和数据卷。NAME 为分支名，或 pr-12 之类的名称。"),
        ("deploy --for", "Of a preview: how long it lasts from now, as 3d or 12h (default: as the last time, else as the app says, at first 7d).", "预览环境：从现在起保留多久，如 3d 或 12h（默认：沿用上次，否则按应用设置，初始为 7d）。"),
        ("preview", "List, show, extend or remove previews of an app.", "列出、查看、延长或删除应用的预览环境。"),
        ("preview ls", "List the previews of an app.", "列出应用的预览环境。"),
        ("preview show", "Show one preview: where it is reached, how it is, when it is removed.", "查看一个预览环境：访问地址、状态、何时删除。"),
        ("preview extend", "Let a preview last.", "延长预览环境。"),
        ("preview extend --for", "How long from now, as 3d or 12h.", "从现在起保留多久，如 3d 或 12h。"),
        ("preview rm", "Remove a preview with its volumes and images.", "删除预览环境及其数据卷和镜像。"),
        ("preview NAME", "The preview's name, or its branch's.", "预览环境的名称，或其分支名。"),
    ];
}
