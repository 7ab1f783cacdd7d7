namespace Slipway.Cli.Texts;

static class ScanningTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("scanner", "The scanner that finds vulnerabilities in images.", "查找镜像漏洞的扫描器。"),
        ("scanner set", "Use a scanner adapter (Harbor's API, for example Trivy's), or change how it is used.", "使用扫描适配器（Harbor 接口，例如 Trivy 的适配器），或更改其设置。"),
        ("scanner set URL", "Where its API is: http://127.0.0.1:8081", "其接口地址：http://127.0.0.1:8081"),
        ("scanner set --user", "The user for Basic; the password comes from --password-stdin.", "Basic 认证的用户名；密码由 --password-stdin 提供。"),
        ("scanner set --token-file", "A file with the token that is sent as 'Authorization: Bearer'.", "以“Authorization: Bearer”发送的令牌文件。"),
        ("scanner set --api-key-file", "A file with the key that is sent as 'X-ScannerAdapter-API-Key'.", "以“X-ScannerAdapter-API-Key”发送的密钥文件。"),
        ("scanner set --registry-url", "How the adapter reaches this registry (default: registry.publicUrl, or the server's own address).", "适配器访问本镜像仓库的地址（默认：registry.publicUrl，或服务器自身的地址）。"),
        ("scanner set --rescan-after", "Scan tagged images again when their report is so old, e.g. 12h; 0s: never (default: 1d).", "报告超过该时长后重新扫描带标签的镜像，例如 12h；0s 表示从不（默认：1d）。"),
        ("scanner show", "Show the scanner, and whether it answers.", "显示扫描器及其是否应答。"),
        ("scanner rm", "Scan no more; reports stay.", "停止扫描；报告保留。"),
        ("scanner rescan", "Scan every tagged image again, however old its report is.", "重新扫描所有带标签的镜像，不论报告新旧。"),
        ("image scan", "Scan an image for vulnerabilities, and wait for what is found.", "扫描镜像的漏洞并等待结果。"),
        ("image scan --no-wait", "Do not wait.", "不等待结果。"),
        ("image findings", "List the vulnerabilities of an image, the worst first.", "列出镜像的漏洞，最严重的在前。"),
        ("image findings --severity", "Only from this severity on: critical, high, medium, low, negligible.", "仅列出不低于该级别的漏洞：critical、high、medium、low、negligible。"),
    ];
}
