namespace Slipway.Cli.Texts;

static class ApprovalTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("app approvals", "Let every release of an app wait for approvals before its first request, whatever its file says; without options, show the rule.", "要求应用的每次发布在接收首个请求前获得批准，不论其文件如何；不带选项则显示当前规则。"),
        ("app approvals --by", "Only accounts with this role on the app (default: all that may approve).", "仅限在该应用上具有此角色的账户（默认：所有可批准者）。"),
        ("app approvals --count", "So many different people (default: 1).", "需要的不同批准人数（默认：1）。"),
        ("app approvals --not-author", "Not the one who deployed it.", "部署者本人不得批准。"),
        ("app approvals --off", "Lift the rule.", "取消规则。"),
    ];
}
