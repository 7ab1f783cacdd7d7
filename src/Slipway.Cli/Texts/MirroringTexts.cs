namespace Slipway.Cli.Texts;

static class MirroringTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("image", "Images in the registry.", "镜像仓库中的镜像。"),
        ("image export", "Write images into one archive: an OCI layout that 'docker load' takes too.", "将镜像写入一个归档：OCI 布局，“docker load”也可读取。"),
        ("image export IMAGE", "NAME[:TAG] or NAME@DIGEST; signatures and SBOMs come along.", "NAME[:TAG] 或 NAME@DIGEST；签名与 SBOM 一并导出。"),
        ("image export --output", "The tar file, or a folder where it ends with '/'.", "tar 文件；以“/”结尾时为文件夹。"),
        ("image import", "Bring the images of an archive into the registry: OCI layout or docker save.", "将归档（OCI 布局或 docker save）中的镜像导入镜像仓库。"),
        ("image import FILE", "The archive: a tar file (also gzipped), a folder, or - for standard input.", "归档：tar 文件（可为 gzip）、文件夹，或 - 表示标准输入。"),
        ("image import --as", "What to call it here; with '/' at its end, put before each image's own name.", "在此处使用的名称；以“/”结尾时作为各镜像名称的前缀。"),
        ("mirror", "Projects that are caches of other registries.", "作为其他镜像仓库缓存的项目。"),
        ("mirror add", "Make a project a cache of a registry, or change it: its images come when they are pulled.", "使项目成为某镜像仓库的缓存，或更改其设置：拉取时才取回镜像。"),
        ("mirror add PROJECT", "The project: with 'hub', images are called hub/library/debian.", "项目名：如为 hub，镜像名为 hub/library/debian。"),
        ("mirror add UPSTREAM", "The registry: docker.io, ghcr.io, harbor.example:8443/team.", "上游镜像仓库：docker.io、ghcr.io、harbor.example:8443/team。"),
        ("mirror add --tags-for", "How long a tag is served before it is compared again, e.g. 10m (default: 10m).", "标签在再次比对前的有效时间，例如 10m（默认：10m）。"),
        ("mirror add --allow", "Only repositories there that match, e.g. library/*; may be repeated (default: all).", "仅允许匹配的上游仓库，例如 library/*，可重复指定（默认：全部）。"),
        ("mirror add --allow-push", "Own images may be pushed into the project too.", "也允许向该项目推送自己的镜像。"),
        ("mirror list", "List the caches.", "列出缓存。"),
        ("mirror remove", "End a cache; the images that it has stay.", "停止缓存；已有镜像保留。"),
        ("mirror PROJECT", "The project.", "项目。"),
        ("--user", "The user there (default: anonymous).", "上游用户名（默认：匿名）。"),
        ("--password-stdin", "Read the user's password or token from standard input.", "从标准输入读取该用户的密码或令牌。"),
    ];
}
