namespace Slipway.Cli.Texts;

static class OneWayTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("--past-one-way", "Go back even past a one-way step (a migration, say) that was taken.", "即使会越过已完成的单向步骤（例如数据库迁移）也退回。"),
    ];
}
