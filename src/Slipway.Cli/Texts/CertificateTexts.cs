namespace Slipway.Cli.Texts;

static class CertificateTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("certificate", "The certificates that the gateway serves https with.", "网关提供 HTTPS 服务所用的证书。"),
        ("certificate add", "Give a certificate with its key; one of the same name is replaced.", "添加证书及其私钥；同名证书会被替换。"),
        ("certificate add --cert", "The certificate and those between it and its root, PEM; '-' is standard input.", "PEM 格式的证书链：先是证书本身，然后是中间证书；“-”表示标准输入。"),
        ("certificate add --key", "Its private key, PEM, not encrypted; '-' is standard input.", "PEM 格式的私钥，未加密；“-”表示标准输入。"),
        ("certificate add --name", "What to call it (default: the first host it is for).", "证书名称（默认：证书中的第一个主机名）。"),
        ("certificate ls", "List the certificates, until when they last, and what is wrong with them.", "列出证书、有效期以及存在的问题。"),
        ("certificate rm", "Remove one that was given; its hosts get one of Slipway's own authority.", "移除一个添加的证书；其主机改用 Slipway 自有 CA 签发的证书。"),
        ("certificate NAME", "The certificate.", "证书名称。"),
        ("certificate acme", "The authority that certificates are got from by themselves (ACME, for example Let's Encrypt).", "自动获取证书的颁发机构（ACME，例如 Let's Encrypt）。"),
        ("certificate acme set", "Get certificates from it for every host but those of this machine, and renew them.", "从该机构为所有主机（本机主机除外）获取并续期证书。"),
        ("certificate acme set --directory", "The URL of its directory, like https://acme-v02.api.letsencrypt.org/directory.", "其目录的 URL，例如 https://acme-v02.api.letsencrypt.org/directory。"),
        ("certificate acme set --email", "Where it may write to.", "联系邮箱。"),
        ("certificate acme set --roots", "PEM of the roots that its own server is trusted by (default: the system's); '-' is standard input.", "信任该机构服务器所用的根证书，PEM 格式（默认：系统根证书）；“-”表示标准输入。"),
        ("certificate acme set --agree-to-terms", "You have read its terms of service, and agree.", "您已阅读并同意其服务条款。"),
        ("certificate acme set --challenge", "How it is shown that a host is yours: http (port 80), tls-alpn (port 443) or dns (also for wildcards). Default: http.", "证明主机归属的方式：http（80 端口）、tls-alpn（443 端口）或 dns（也可用于通配符）。默认：http。"),
        ("certificate acme set --dns-hook", "With dns: the name of a program in DATA/hooks that makes and removes TXT records.", "配合 dns：DATA/hooks 中用于添加和删除 TXT 记录的程序名。"),
        ("certificate acme set --dns-wait", "With dns: how long the DNS needs until everybody sees a record (default: 30s).", "配合 dns：记录在 DNS 中生效所需的时间（默认：30s）。"),
        ("certificate acme set --account-id", "The account that the authority knows already, where it asks for one (external account binding).", "颁发机构要求时，其已有账户的标识（外部账户绑定）。"),
        ("certificate acme set --account-key", "A file with that account's key, as the authority shows it; '-' is standard input.", "包含该账户密钥的文件，内容如颁发机构所示；“-”表示标准输入。"),
        ("certificate acme show", "Show the authority and the account there.", "显示颁发机构及账户。"),
        ("certificate acme rm", "Order no more certificates; those that are there are served until they end.", "不再申请证书；已有证书使用至到期。"),
        ("ca", "Slipway's own certificate authority, for hosts that no other certificate is for.", "Slipway 自有的证书颁发机构，用于没有其他证书的主机。"),
        ("ca show", "Print its root in PEM (and the next one, where there is one), and how to trust it.", "输出 PEM 格式的根证书（以及已生成的下一个根证书），并说明如何信任它。"),
        ("ca renew", "Make the next root, which issues after a year. Slipway does so by itself in the ninth year.", "生成下一个根证书，一年后开始签发。第九年时 Slipway 会自动生成。"),
        ("ca renew --now", "It issues from now on: for a key that was lost. Who doesn't trust it yet refuses its certificates.", "立即开始签发：用于私钥丢失的情况。尚未信任它的客户端会拒绝其证书。"),
    ];
}
