namespace Slipway.Cli.Texts;

/// <summary>The words of a help page itself.</summary>
sealed record HelpWords
{
    public static HelpWords English { get; } = new() { Usage = "Usage:", Arguments = "Arguments:", Options = "Options:", Commands = "Commands:", SomeCommand = "COMMAND", SomeOptions = "[options]" };

    public static HelpWords Chinese { get; } = new() { Usage = "用法：", Arguments = "参数：", Options = "选项：", Commands = "命令：", SomeCommand = "命令", SomeOptions = "[选项]" };

    public required string Usage { get; init; }

    public required string Arguments { get; init; }

    public required string Options { get; init; }

    public required string Commands { get; init; }

    public required string SomeCommand { get; init; }

    public required string SomeOptions { get; init; }
}
