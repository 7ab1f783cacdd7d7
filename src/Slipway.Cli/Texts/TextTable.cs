namespace Slipway.Cli.Texts;

/// <summary>The texts of the help in one language. Keys are what they describe: "deploy", "deploy --note", or "--json" where many commands have it.</summary>
sealed record TextTable(HelpWords Help, IReadOnlyDictionary<string, string> Entries)
{
    // The texts of a newer group of commands stand in a file of the group, both languages in one line.
    static readonly IReadOnlyList<(string Key, string English, string Chinese)> Groups =
    [
        .. MirroringTexts.Entries,
        .. ServerTexts.Entries,
        .. RegistryTexts.Entries,
        .. RegistryWebhookTexts.Entries,
        .. WebhookTexts.Entries,
        .. ScanningTexts.Entries,
        .. ImageTexts.Entries,
        .. RuleTexts.Entries,
        .. SignatureTexts.Entries,
        .. CertificateTexts.Entries,
        .. AccessTexts.Entries,
        .. CanaryTexts.Entries,
        .. OneWayTexts.Entries,
        .. RouteTexts.Entries,
        .. TransportTexts.Entries,
        .. PreviewTexts.Entries,
        .. GovernanceTexts.Entries,
        .. ApprovalTexts.Entries,
    ];

    public static TextTable English { get; } = new(HelpWords.English, With(EnglishTexts.Entries, text => text.English));

    public static TextTable Chinese { get; } = new(HelpWords.Chinese, With(ChineseTexts.Entries, text => text.Chinese));

    public string this[string key] => Entries[key];

    /// <summary>By LC_ALL, LC_MESSAGES and LANG, the first that is set (POSIX, Environment Variables, 8.2).</summary>
    public static TextTable For(Shell shell) =>
        (shell.Variable("LC_ALL") ?? shell.Variable("LC_MESSAGES") ?? shell.Variable("LANG"))?.StartsWith("zh", StringComparison.Ordinal) == true ? Chinese : English;

    static Dictionary<string, string> With(IReadOnlyDictionary<string, string> entries, Func<(string Key, string English, string Chinese), string> language) =>
        new(entries.Concat(Groups.Select(text => KeyValuePair.Create(text.Key, language(text)))));
}
