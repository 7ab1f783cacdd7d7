namespace Slipway.Cli.Texts;

static class WebhookTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("webhook", "Receivers of what happens to releases.", "发布事件的接收方。"),
        ("webhook --app", "Of this app (default: of all apps, for administrators of the platform).", "指定应用（默认：所有应用，仅限平台管理员）。"),
        ("webhook NAME", "The receiver.", "接收方。"),
        ("webhook add", "Send events to a URL, from now on, signed and retried.", "从现在起将事件发送到指定 URL；带签名，失败后重试。"),
        ("webhook add URL", "Where events are posted to (http or https).", "接收事件的地址（http 或 https）。"),
        ("webhook add --name", "The receiver's name here (default: the URL's host).", "接收方的名称（默认：URL 的主机名）。"),
        ("webhook add --event", "Only these types, as 'slipway events' shows them; separated by commas or repeated (default: all).", "仅发送这些类型的事件（见 slipway events），以逗号分隔或重复指定（默认：全部）。"),
        ("webhook add --format", "cloudevents, or slack for a line of text that Slack, Mattermost and Discord (URL/slack) show (default: cloudevents).", "cloudevents，或 slack：Slack、Mattermost 与 Discord（URL/slack）可显示的一行文字（默认：cloudevents）。"),
        ("webhook add --previews", "Also what happens to the app's previews.", "也发送该应用各预览环境的事件。"),
        ("webhook add --secret-file", "A file with the signing secret, whsec_ and base64 (default: one is made and shown once).", "签名密钥文件，内容为 whsec_ 加 base64（默认：自动生成并仅显示一次）。"),
        ("webhook ls", "List the receivers and how their deliveries go.", "列出接收方及其投递情况。"),
        ("webhook rm", "Remove a receiver; what waits for it is not sent any more.", "删除接收方；等待中的事件不再发送。"),
        ("webhook test", "Send a message that tells of nothing now, and show what the receiver says.", "立即发送一条测试消息，并显示接收方的应答。"),
        ("webhook deliveries", "Show what was sent to a receiver, what waits, and what was given up.", "显示已发送、等待中和已放弃的投递。"),
        ("webhook deliveries --state", "Only those that are waiting, delivered or dead.", "仅显示 waiting、delivered 或 dead 状态的投递。"),
        ("webhook deliveries --tail", "So many of the newest (default: 50).", "最近的若干条（默认：50）。"),
        ("webhook resend", "Send again what was given up.", "重新发送已放弃的投递。"),
        ("webhook resend EVENT", "That event's delivery alone (default: all that were given up).", "仅该事件的投递（默认：所有已放弃的）。"),
        ("webhook enable", "Send to a receiver again that was disabled because it failed for too long.", "重新启用因长时间失败而停用的接收方。"),
        ("webhook enable --from-now", "Leave out what it has missed.", "跳过停用期间错过的事件。"),
    ];
}
