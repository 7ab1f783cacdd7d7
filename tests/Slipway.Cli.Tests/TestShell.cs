using System.Text;

namespace Slipway.Cli.Tests;

/// <summary>A shell whose streams are kept; nobody is at its terminal.</summary>
sealed class TestShell
{
    readonly StringBuilder _out = new(), _error = new();

    public Dictionary<string, string> Variables { get; } = new() { ["HOME"] = "/nonexistent" };

    public string Folder { get; init; } = "/";

    public int Columns { get; init; } = int.MaxValue;

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Shell Shell => new() { Out = new StringWriter(_out), Error = new StringWriter(_error), In = TextReader.Null, Variables = Variables, Folder = Folder, Columns = Columns };

    public Task<int> Run(params string[] args) => CommandLine.Run(args, Shell, TestContext.Current.CancellationToken);
}
