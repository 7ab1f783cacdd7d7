using System.CommandLine;
using Slipway.Cli.Texts;

namespace Slipway.Cli.Tests.Texts;

public class TextTableTests
{
    [Fact]
    public void Entries_BothLanguages_SayTheSameThings()
    {
        TextTable.Chinese.Entries.Keys.Order().ShouldBe(TextTable.English.Entries.Keys.Order());
        TextTable.Chinese.Entries.Values.ShouldAllBe(text => text.Any(c => c >= 0x4e00));
        TextTable.English.Entries.Values.ShouldAllBe(text => text.Length > 0 && text.All(c => c < 0x2000));
    }

    [Theory]
    [InlineData("en_US.UTF-8")]
    [InlineData("zh_CN.UTF-8")]
    public void Root_EveryCommandOptionAndArgument_IsDescribedInTheLanguage(string language)
    {
        var shell = new TestShell();
        shell.Variables["LANG"] = language;
        var texts = TextTable.For(shell.Shell);
        texts.ShouldBeSameAs(language.StartsWith("zh", StringComparison.Ordinal) ? TextTable.Chinese : TextTable.English);
        var used = Symbols(CommandLine.Root(shell.Shell, texts)).Select(symbol => symbol.Description).ToHashSet();
        used.ShouldBe(texts.Entries.Values.ToHashSet(), ignoreOrder: true);
    }

    [Fact]
    public void For_AllBeatsLang()
    {
        var shell = new TestShell();
        (shell.Variables["LANG"], shell.Variables["LC_ALL"]) = ("zh_CN.UTF-8", "C");
        TextTable.For(shell.Shell).ShouldBeSameAs(TextTable.English);
    }

    static IEnumerable<Symbol> Symbols(Command command) =>
        [command, .. command.Options, .. command.Arguments, .. command.Subcommands.SelectMany(Symbols)];
}
