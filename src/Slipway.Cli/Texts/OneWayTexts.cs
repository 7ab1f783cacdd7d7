namespace Slipway.Cli.Texts;

static class OneWayTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("--past-one-way", "Go back even past a one-way step (a migration, say) that was taken.", "即使会越过已完成的单向步骤（例如数据库迁移）也退回。"),
        ("release plan", "Say what a deploy would do, and do nothing: which services change and why, where they are reached, in which order.", "预告部署会做什么（不执行）：哪些服务会变化及原因、访问地址与执行顺序。"),
        ("release plan --promote", "As 'deploy --promote' would do it.", "按“deploy --promote”的方式预告。"),
        ("release plan --exit-code", "Exit with 3 where there is something to deploy, 1 where it would be refused, 0 where nothing would change.", "有变化时退出码为 3，会被拒绝时为 1，无变化时为 0。"),
    ];
}
