namespace Slipway.Cli.Texts;

static class RegistryTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("registry", "Keep the registry in order: garbage, damage, what it holds.", "维护镜像仓库：清理垃圾、检查损坏、查看占用。"),
        ("registry gc", "Remove what nothing refers to; pushes and pulls go on meanwhile.", "清理不再被引用的内容；期间推送和拉取照常进行。"),
        ("registry gc --dry-run", "Only show what would be removed.", "仅显示将被清理的内容，不做改动。"),
        ("registry gc --untagged", "Also images that have had no tag for so long (30d, 12h) and are in no index.", "同时清理无标签已达该时长（如 30d、12h）且不属于任何索引的镜像。"),
        ("registry gc --gone-subjects", "With --untagged: also signatures and SBOMs whose image is gone.", "与 --untagged 合用：同时清理所属镜像已不存在的签名和 SBOM。"),
        ("registry gc --all-strays", "Remove stored bytes that the database does not know even where there are many of them.", "即使数据库未记录的存储内容很多，也全部清理。"),
        ("registry status", "What the registry holds, and what the last collection removed.", "镜像仓库的占用情况，以及上次清理的结果。"),
        ("registry verify", "Re-read and re-hash everything; name what is damaged or missing, and who refers to it.", "重新读取并校验全部内容，列出损坏或缺失的部分及其引用者。"),
        ("registry verify --withdraw", "Stop serving what is damaged or missing, so that the next push brings it back.", "停止提供损坏或缺失的内容，以便下次推送将其补回。"),
        ("registry verify --parallel", "Blobs that are read at a time, 1 to 16 (default: 2).", "同时读取的 blob 数量，1 到 16（默认：2）。"),
    ];
}
