using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>before</c> of <c>x-release</c>: jobs that a release runs once before it starts.</summary>
static class JobReader
{
    const string Example = "run: [\"python\", \"manage.py\", \"migrate\"]";

    /// <summary>What only a shell understands; as a word of a command line it is a mistake.</summary>
    static readonly HashSet<string> ShellOperators = ["&&", "||", "|", ";", ">", ">>", "<", "&", "2>&1"];

    /// <summary>One command line, one mapping, or a list of these.</summary>
    public static IReadOnlyList<JobModel> Read(Field before)
    {
        if (before.IsMissing) return [];
        IReadOnlyList<Field> items = before.Node is Sequence ? before.Items() : [before];
        if (items.Count == 0) before.Error("there is no job", $"{{{Example}}}, or no 'before'", "[]");
        return [.. items.Select(One).OfType<JobModel>()];
    }

    /// <summary>A default for every routed service would run the same command once in each of them.</summary>
    public static void CheckFile(Field general)
    {
        if (!general["before"].IsMissing)
            general["before"].Error("a job runs in the image of one service, and this is the x-release of all of them", "'before' below services.NAME.x-release of the service that has the program", "before");
    }

    static JobModel? One(Field item)
    {
        if (item.Node is Scalar) return item.Text() is { } line ? Job(item, line, null) : null;
        if (item.Node is not Mapping)
        {
            item.Error($"{item.Node?.Kind ?? "nothing"} is no job", $"{{{Example}}}");
            return null;
        }
        var run = item["run"];
        if (run.IsMissing)
        {
            item.Error("a job without a command", Example);
            return null;
        }
        return Job(run, (run.Node as Scalar)?.Text, item);
    }

    static JobModel? Job(Field run, string? line, Field? item)
    {
        var words = run.Words();
        if (words is { Count: 0 }) run.Error("the command is empty", Example, line ?? "[]");
        else if (line is not null && words?.FirstOrDefault(ShellOperators.Contains) is { } shell)
            run.Error($"'{shell}' is for a shell, and no shell reads this command", $"run: [\"sh\", \"-c\", \"{line.Replace("\"", "\\\"", StringComparison.Ordinal)}\"]", line);
        var entrypoint = item?["entrypoint"].Words();
        var timeout = item?["timeout"].Duration() ?? JobModel.DefaultTimeout;
        if (timeout <= TimeSpan.Zero) item!.Value["timeout"].Error("it must be longer than nothing", "for example 5m");
        var oneWay = item?["one-way"].Bool() ?? true;
        return words is { Count: > 0 } ? new JobModel { Run = words, Entrypoint = entrypoint, Timeout = timeout, OneWay = oneWay } : null;
    }
}
