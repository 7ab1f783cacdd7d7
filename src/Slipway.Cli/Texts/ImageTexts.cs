namespace Slipway.Cli.Texts;

static class ImageTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("image IMAGE", "REPOSITORY[:TAG] or REPOSITORY@DIGEST; without either the tag latest.", "REPOSITORY[:TAG] 或 REPOSITORY@DIGEST；两者皆无时为标签 latest。"),
        ("image --platform", "Which image of a multi-platform one (default: linux/amd64, or the first).", "多平台镜像中的平台（默认：linux/amd64，或第一个）。"),
        ("image ls", "List the repositories, or the tags of one.", "列出仓库，或某个仓库的标签。"),
        ("image ls NAME", "A repository, to see its tags; or a pattern of names (shop/*).", "仓库名（列出其标签），或名称模式（shop/*）。"),
        ("image ls --label", "Only what has this label.", "仅列出带此标记的镜像。"),
        ("image ls --after", "Begin after this name; a JSON document has at most 1,000 entries.", "从该名称之后开始；每个 JSON 文档最多 1000 项。"),
        ("image inspect", "Show an image: platforms, config, layers, history, what is attached to it, who uses it.", "显示镜像详情：平台、配置、层、历史、附属内容与使用者。"),
        ("image tag", "Give an image one more name, also in another repository; no byte is moved.", "为镜像添加名称，也可在另一仓库；不移动任何数据。"),
        ("image tag SOURCE", "The image that is there.", "已有的镜像。"),
        ("image tag DESTINATION", "Its new name.", "新名称。"),
        ("image rm", "Remove tags and images; with its last tag an image goes.", "删除标签与镜像；最后一个标签删除后镜像随之删除。"),
        ("image rm IMAGE", "A tag, or a digest with all its tags; may be repeated.", "标签，或摘要（连同其所有标签）；可重复指定。"),
        ("image rm --force", "Also what a release uses.", "即使有发布版本正在使用也删除。"),
        ("image diff", "Show what is different between two images: config, layers, files.", "比较两个镜像：配置、层、文件。"),
        ("image diff FROM", "The image to compare with.", "作为比较基准的镜像。"),
        ("image diff TO", "The image that is compared.", "被比较的镜像。"),
        ("image diff --no-files", "Do not read the layers to compare their files.", "不读取层以比较文件。"),
        ("image label", "Set labels of an image, or of a repository.", "设置镜像或仓库的标记。"),
        ("image label TARGET", "A repository (no tag), or an image.", "仓库（不带标签），或镜像。"),
        ("image label LABEL", "NAME=VALUE to set a label, NAME- to remove it; may be repeated.", "NAME=VALUE 设置标记，NAME- 移除标记；可重复指定。"),
    ];
}
