namespace Slipway.Cli.Texts;

static class RegistryWebhookTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("registry webhook", "Receivers of the registry's events.", "镜像仓库事件的接收方。"),
        ("registry webhook add", "Send events to a URL, from now on, signed and retried.", "从现在起将事件发送到指定 URL；带签名，失败后重试。"),
        ("registry webhook add NAME", "The receiver's name here.", "接收方的名称。"),
        ("registry webhook add URL", "Where events are posted to (http or https).", "接收事件的地址（http 或 https）。"),
        ("registry webhook add --project", "Only events of this project (default: all).", "仅发送该项目的事件（默认：全部）。"),
        ("registry webhook add --action", "push, pull, mount, delete or scan; may be repeated (default: push and delete).", "push、pull、mount、delete 或 scan，可重复指定（默认：push 和 delete）。"),
        ("registry webhook list", "List the receivers and how their deliveries go.", "列出接收方及其投递情况。"),
        ("registry webhook remove", "Remove a receiver.", "删除接收方。"),
        ("registry webhook NAME", "The receiver.", "接收方。"),
        ("registry webhook test", "Send an envelope without events now, and show what the receiver says.", "立即发送一个不含事件的信封，并显示接收方的应答。"),
    ];
}
