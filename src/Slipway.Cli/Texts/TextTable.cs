namespace Slipway.Cli.Texts;

/// <summary>The texts of the help in one language. Keys are what they describe: "deploy", "deploy --note", or "--json" where many commands have it.</summary>
sealed record TextTable(HelpWords Help, IReadOnlyDictionary<string, string> Entries)
{
    public static TextTable English { get; } = new(HelpWords.English, EnglishTexts.Entries);

    public static TextTable Chinese { get; } = new(HelpWords.Chinese, ChineseTexts.Entries);

    public string this[string key] => Entries[key];

    /// <summary>By LC_ALL, LC_MESSAGES and LANG, the first that is set (POSIX, Environment Variables, 8.2).</summary>
    public static TextTable For(Shell shell) =>
        (shell.Variable("LC_ALL") ?? shell.Variable("LC_MESSAGES") ?? shell.Variable("LANG"))?.StartsWith("zh", StringComparison.Ordinal) == true ? Chinese : English;
}
