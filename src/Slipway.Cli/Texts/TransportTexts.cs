namespace Slipway.Cli.Texts;

static class TransportTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("--gateway-transport", "What carries the gateway's bytes: epoll (loops of its own, Linux), sockets (.NET's) or auto: epoll where it can run (default: as before, at first auto).", "网关的网络传输方式：epoll（自有事件循环，仅 Linux）、sockets（.NET 套接字）或 auto（可用时采用 epoll；默认：沿用上次设置，初始为 auto）。"),
    ];
}
