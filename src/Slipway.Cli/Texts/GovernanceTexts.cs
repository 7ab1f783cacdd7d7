namespace Slipway.Cli.Texts;

static class GovernanceTexts
{
    public static IReadOnlyList<(string Key, string English, string Chinese)> Entries { get; } =
    [
        ("freeze", "Let nothing new begin: no deploy, promote or scale, until 'unfreeze' or for a time. Going back is always allowed.", "冻结：在 unfreeze 或到期之前，不得开始部署、切换或扩缩容；回退始终允许。"),
        ("freeze --all", "All apps, those to come too.", "全部应用，包括今后新增的应用。"),
        ("freeze --reason", "Why; those read it who are refused.", "原因；被拒绝的人会看到。"),
        ("freeze --until", "When it ends by itself: a time such as 2026-12-01T08:00:00Z, or so long from now (default: when it is lifted).", "自动结束的时间：2026-12-01T08:00:00Z 这样的时间，或自现在起的时长（默认：手动解除）。"),
        ("freeze --for", "How long it lasts: 4h, 2d.", "持续时长：4h、2d。"),
        ("unfreeze", "Lift a freeze; a canary that it held goes on.", "解除冻结；被其暂停的金丝雀发布继续进行。"),
        ("--despite-freeze", "Though the app is frozen; for its administrators, and recorded.", "无视冻结；仅限应用管理员，并会记录。"),
        ("--despite-approvals", "Past approvals that were not given; for the app's administrators, and recorded.", "跳过尚未给出的批准；仅限应用管理员，并会记录。"),
        ("app", "What is set up of an app.", "应用的设置。"),
        ("app member", "Who may do what with an app.", "应用成员及其角色。"),
        ("app member add", "Give an account a role on an app, or on all of them.", "授予账户在某个应用或全部应用上的角色。"),
        ("app member APP ACCOUNT", "The app and the account; with --all the account alone.", "应用与账户；使用 --all 时仅需账户。"),
        ("app member --all", "On all apps, those to come too.", "全部应用，包括今后新增的应用。"),
        ("app member --role", "viewer (see), approver (approve), deployer (deploy, roll back, scale ...), admin (everything), or a name of your own that approvals ask for.", "viewer（查看）、approver（批准）、deployer（部署、回退、扩缩容等）、admin（全部权限），或供批准步骤引用的自定义名称。"),
        ("app member list", "List the members of an app, or of all apps (--all).", "列出应用的成员，或全部应用的成员（--all）。"),
        ("app member remove", "Take an account's roles on an app, or on all of them.", "取消账户在某个应用或全部应用上的角色。"),
        ("app member remove --role", "Only this one (default: every role that it has there).", "仅该角色（默认：其全部角色）。"),
        ("events", "Show what happened to the apps' releases: steps, approvals, verdicts, freezes, who did it.", "显示应用发布的事件：步骤、批准、评判、冻结及操作者。"),
        ("events APP", "Only this app's (default: all that you may see).", "仅该应用（默认：可查看的全部应用）。"),
        ("events --follow", "Go on showing new ones.", "持续显示新事件。"),
        ("events --from", "From this identifier on.", "从该编号开始。"),
        ("events --tail", "The last so many (default: 50).", "最后若干条（默认：50）。"),
        ("events --json", "Print a JSON document, one a line, for each.", "每个事件输出一行 JSON 文档。"),
    ];
}
