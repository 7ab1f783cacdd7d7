namespace Slipway.Cli.Texts;

static class RuleTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("project", "Projects of the registry.", "镜像仓库的项目。"),
        ("project PROJECT", "The project: the first segment of its repositories' names.", "项目：其仓库名称的第一段。"),
        ("project rules", "Rules of a project: immutable tags, retention, quota.", "项目规则：不可变标签、保留策略、配额。"),
        ("project rules show", "Show the rules of a project and what it uses.", "显示项目的规则与用量。"),
        ("project rules immutable", "Make tags immutable: they are not moved and not removed any more.", "使标签不可变：不再移动或删除。"),
        ("project rules immutable TAGS", "Pattern of tags: v*, {stable,lts}, **.", "标签模式：v*、{stable,lts}、**。"),
        ("project rules --repositories", "Pattern of whole repository names (default: all of the project).", "完整仓库名称的模式（默认：项目的全部仓库）。"),
        ("project rules mutable", "Lift a rule of immutable tags.", "解除一条不可变标签规则。"),
        ("project rules mutable RULE", "Its number, as 'show' tells.", "规则编号，见“show”。"),
        ("project rules quota", "Set what a project may hold.", "设置项目的配额。"),
        ("project rules quota --bytes", "Bytes of all its blobs, each once: 500MB, 10GB, 10GiB.", "全部 blob 的字节数（各计一次）：500MB、10GB、10GiB。"),
        ("project rules quota --tags", "Tags of all its repositories.", "全部仓库的标签数。"),
        ("project rules quota --repositories", "Repositories with an image.", "含镜像的仓库数。"),
        ("project rules quota --none", "Lift all limits.", "取消全部限制。"),
        ("project rules retention", "Set what a project keeps; nothing goes before it runs.", "设置项目的保留策略；运行之前不删除任何内容。"),
        ("project rules retention --keep-last", "Keep the images pushed last, so many of each repository.", "保留每个仓库最近推送的若干镜像。"),
        ("project rules retention --keep-pushed", "Keep what was pushed within so many days.", "保留若干天内推送的镜像。"),
        ("project rules retention --keep-pulled", "Keep what was pulled within so many days.", "保留若干天内拉取过的镜像。"),
        ("project rules retention --keep-tags", "Keep tags of this pattern; may be repeated.", "保留匹配该模式的标签，可重复指定。"),
        ("project rules retention --keep-label", "Keep what has this label; may be repeated.", "保留带此标记的镜像，可重复指定。"),
        ("project rules retention --keep-versions", "Keep the newest versions, so many of each major one (SemVer).", "保留每个主版本最新的若干版本（SemVer）。"),
        ("project rules retention --untagged-after", "Let images without a tag go after so many days.", "无标签镜像在若干天后删除。"),
        ("project rules retention --daily-at", "Run every day at this hour, UTC (default: only when asked).", "每天在该小时（UTC）运行（默认：仅手动运行）。"),
        ("project rules retention --file", "The policy as a JSON file, with all that the API takes.", "JSON 文件形式的策略，内容同 API。"),
        ("project rules retention --off", "Keep everything from now on.", "从现在起保留全部内容。"),
        ("project rules retention --dry-run", "Only show what this policy would do.", "仅显示该策略的效果。"),
        ("project rules retain", "Remove what the policy does not keep.", "删除策略不保留的内容。"),
        ("project rules retain --dry-run", "Only show what would go, and why the rest stays.", "仅显示将删除的内容以及其余内容保留的原因。"),
        ("project rules runs", "List the last runs of retention.", "列出保留策略最近的运行。"),
    ];
}
