namespace Slipway.Cli.Texts;

static class RouteTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("--access-log", "Write a line for each request of the apps to DATA/logs/access.log: combined, json or off (default: as before, at first off).", "为应用的每个请求在 DATA/logs/access.log 写一行日志：combined、json 或 off（默认：沿用上次设置，初始为 off）。"),
        ("--access-log-keep", "How many old access logs of 64 MiB stay (default: 7).", "保留多少个 64 MiB 的旧访问日志（默认：7）。"),
        ("--trust-proxy", "A proxy before the gateway whose X-Forwarded headers are believed, as CIDR; may be repeated; none: nobody's (default: as before, at first none).", "网关之前受信任的代理（CIDR），采信其 X-Forwarded 头，可重复指定；none 表示不信任任何代理（默认：沿用上次设置，初始为 none）。"),
        ("maintenance", "Answer an app's requests with a maintenance page, or serve it again.", "让应用进入维护页面，或恢复服务。"),
        ("maintenance on", "Answer every request of the app with 503 and a page, until 'maintenance off'.", "以 503 维护页面应答应用的全部请求，直到执行 maintenance off。"),
        ("maintenance off", "Serve the app again.", "恢复应用的服务。"),
        ("maintenance --message", "What the page says (default: that the app will be back soon).", "页面上显示的文字（默认：应用即将恢复）。"),
        ("maintenance --retry-after", "When clients may ask again, for Retry-After (default: 1m).", "客户端多久后可重试，即 Retry-After（默认：1m）。"),
    ];
}
