namespace Slipway.Cli.Texts;

static class CanaryTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("promote --to-step", "Of a canary: the step to go to, from 1 (default: the next one).", "金丝雀发布：要前往的步骤，从 1 开始（默认：下一步）。"),
        ("pause", "Stop a canary where it is; the judge goes on looking.", "暂停金丝雀发布，流量比例保持不变；评判继续进行。"),
        ("resume", "Let a paused canary go on.", "继续已暂停的金丝雀发布。"),
        ("watch", "Show a rollout while it goes on: both versions' requests, errors and p99, the step, what the judge says.", "实时显示发布过程：两个版本的请求、错误和 p99，当前步骤与评判结果。"),
        ("watch --json", "Print a JSON document, one a line, for each change.", "每次变化输出一行 JSON 文档。"),
        ("release", "One release of an app.", "应用的某个发布版本。"),
        ("release show", "Show what happened to a release: who brought it in and when, its steps, what the judge saw, why it ended.", "显示版本的经过：由谁、何时发布，各步骤、评判数据与结束原因。"),
        ("release show N", "The release's number (default: the newest).", "版本号（默认：最新版本）。"),
    ];
}
