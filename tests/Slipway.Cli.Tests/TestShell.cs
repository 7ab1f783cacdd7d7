using System.Text;

namespace Slipway.Cli.Tests;

/// <summary>A shell whose streams are kept; nobody is at its terminal unless a test says what is typed.</summary>
sealed class TestShell
{
    readonly StringBuilder _out = new(), _error = new();

    public Dictionary<string, string> Variables { get; } = new() { ["HOME"] = "/nonexistent" };

    public string Folder { get; init; } = "/";

    public int Columns { get; init; } = int.MaxValue;

    /// <summary>What comes from standard input.</summary>
    public string? Input { get; init; }

    /// <summary>What a person types when asked; with it, somebody is at the terminal.</summary>
    public Queue<string>? Unseen { get; init; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Shell Shell => new()
    {
        Out = new StringWriter(_out), Error = new StringWriter(_error), In = Input is null ? TextReader.Null : new StringReader(Input), Variables = Variables, Folder = Folder, Columns = Columns,
        CanAsk = Unseen is not null, ReadUnseen = () => Unseen!.Dequeue(),
    };

    public Task<int> Run(params string[] args) => CommandLine.Run(args, Shell, TestContext.Current.CancellationToken);
}
