namespace Slipway.Cli.Texts;

static class SignatureTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("trust", "Keys and certificates that signatures of images are verified with.", "用于验证镜像签名的密钥与证书。"),
        ("trust add", "Trust a public key (cosign) or root certificates (notation).", "信任一个公钥（cosign）或根证书（notation）。"),
        ("trust add NAME", "What policies and reports are to call it.", "在策略与报告中使用的名称。"),
        ("trust add --key", "Public key, PEM: ECDSA on P-256, P-384 or P-521, or RSA; '-' is standard input.", "PEM 格式的公钥：ECDSA（P-256、P-384、P-521）或 RSA；“-”表示标准输入。"),
        ("trust add --certificate", "Root certificates, PEM; '-' is standard input.", "PEM 格式的根证书；“-”表示标准输入。"),
        ("trust add --subject", "With a certificate: only signers whose subject has these parts (C=DE, O=Shop).", "与证书同用：仅信任主题包含这些部分的签名者（C=DE, O=Shop）。"),
        ("trust add --projects", "Only for these projects, joined by commas (default: all, for administrators).", "仅用于这些项目，以逗号分隔（默认：全部项目，需管理员权限）。"),
        ("trust ls", "List what is trusted.", "列出受信任的密钥与证书。"),
        ("trust show", "Show a trusted key or certificate; the platform's own key is 'slipway'.", "显示受信任的密钥或证书；平台自身的密钥名为“slipway”。"),
        ("trust show --public-key", "Print only the PEM, for cosign verify --key.", "仅输出 PEM，供 cosign verify --key 使用。"),
        ("trust NAME", "The key or certificate.", "密钥或证书的名称。"),
        ("trust rm", "Trust it no more, from the next deploy on.", "取消信任，自下一次部署起生效。"),
        ("policy", "What images must have to be deployed.", "镜像部署必须满足的策略。"),
        ("policy PROJECT", "The project: the app's name.", "项目，即应用名称。"),
        ("policy --platform", "The policy of the platform, which holds for all projects.", "平台的策略，对所有项目有效。"),
        ("policy set", "Set a policy, in place of the one that is there; it holds from the next deploy on.", "设置策略并替换原有策略，自下一次部署起生效。"),
        ("policy set --require-signature", "Only images with a signature by a trusted key.", "仅允许由受信任密钥签名的镜像。"),
        ("policy set --key", "Only signatures by this trusted key or certificate count; may be repeated. 'slipway' signs what is built here.", "仅认可该密钥或证书的签名，可重复指定；“slipway”为本平台构建的镜像签名。"),
        ("policy set --same-repository", "The signature must name the repository that the image is in (cosign's own format).", "签名必须写明镜像所在的仓库（cosign 原有格式）。"),
        ("policy set --require-scan", "Only images that were scanned; a deploy waits for the scan of what it brings.", "仅允许已扫描的镜像；部署会等待新镜像的扫描完成。"),
        ("policy set --max-severity", "Only images without a vulnerability above this: critical, high, medium, low, negligible, unknown or none.", "仅允许没有高于该级别漏洞的镜像：critical、high、medium、low、negligible、unknown 或 none。"),
        ("policy set --replaces-platform", "Stands in place of the platform's policy, for administrators.", "取代平台的策略（需管理员权限）。"),
        ("policy show", "Show the policy of a project, or all.", "显示某个项目的策略，或全部策略。"),
        ("policy rm", "Remove a policy.", "删除策略。"),
    ];
}
