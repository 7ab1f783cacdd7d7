using System.Globalization;
using System.Runtime.InteropServices;
using Slipway.Model;

namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>Follows a Dockerfile's FROM, COPY --from and RUN --mount=from to the images that one target needs. One use.</summary>
internal sealed class DockerfileReader(string file, IReadOnlyDictionary<string, string> buildArgs, string? platform)
{
    static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    };

    readonly List<Diagnostic> _wrong = [];
    readonly List<Stage> _stages = [];
    readonly Dictionary<string, string?> _globals = new(StringComparer.Ordinal);
    ArgumentSubstitution? _substitution;

    public Dockerfile Read(string text, string? target)
    {
        var instructions = DockerfileLines.Split(text, out var syntax, out var escape);
        _substitution = new ArgumentSubstitution(FindArgument, escape);
        if (instructions.Count == 0) Wrong(1, "the Dockerfile is empty", null, "FROM IMAGE as the first instruction");
        foreach (var instruction in instructions) Read(instruction, hasOwnSyntax: syntax is not null);
        if (_stages.Count == 0 && _wrong.Count == 0) Wrong(instructions[0].Line, "the Dockerfile has no FROM", null, "FROM IMAGE as the first instruction");
        var images = _wrong.Count == 0 && FindTarget(target) is { } wanted ? Needed(wanted) : [];
        if (_wrong.Count > 0) throw new InvalidInputException(_wrong);

        var frontend = syntax is { } named && ImageReference.TryParse(named.Image, out var reference) ? new ImageUse(reference, named.Line) : null;
        return new Dockerfile(text, file, instructions, images, frontend);
    }

    void Read(Instruction instruction, bool hasOwnSyntax)
    {
        switch (instruction.Keyword)
        {
            case "FROM":
                ReadFrom(instruction);
                break;
            case "ARG" when _stages.Count == 0:
                ReadGlobals(instruction);
                break;
            case var keyword when !Known.Contains(keyword):
                // Another frontend may know more than these.
                if (!hasOwnSyntax) Wrong(instruction.Line, $"'{keyword}' is no instruction", keyword, string.Join(", ", Known.Order(StringComparer.Ordinal)));
                break;
            case var keyword when _stages.Count == 0:
                if (!_wrong.Any(d => d.Key == "FROM")) Wrong(instruction.Line, $"{keyword} stands before the first FROM", keyword, "FROM IMAGE as the first instruction; only ARG may come before it", "FROM");
                break;
            case "COPY":
                foreach (var (name, value) in instruction.Flags)
                    if (name == "from") Use(_stages[^1], value, instruction.Line);
                break;
            case "RUN":
                foreach (var (name, value) in instruction.Flags)
                    if (name == "mount" && MountSource(value) is { } source) Use(_stages[^1], source, instruction.Line);
                break;
            default:
                break;
        }
    }

    /// <summary>FROM [--platform=P] IMAGE [AS NAME]</summary>
    void ReadFrom(Instruction instruction)
    {
        var words = instruction.Operands;
        var isNamed = words.Count == 3 && words[1].Equals("AS", StringComparison.OrdinalIgnoreCase);
        var stage = new Stage { Index = _stages.Count, Name = isNamed ? words[2].ToLowerInvariant() : null };
        if (words.Count == 1 || isNamed)
        {
            if (Substitute(words[0], instruction.Line) is { Length: > 0 } image) Use(stage, image, instruction.Line, isFrom: true);
            else if (_wrong.All(d => d.Line != instruction.Line))
                Wrong(instruction.Line, $"the image of FROM {words[0]} is empty", words[0], "build args (build.args) or ARG NAME=DEFAULT before the FROM that name an image");
        }
        else
        {
            Wrong(instruction.Line, $"FROM {instruction.Arguments} can't be read", instruction.Arguments, "FROM IMAGE or FROM IMAGE AS NAME");
        }
        _stages.Add(stage);
    }

    /// <summary>ARG NAME[=DEFAULT] ...: build args win over defaults, and defaults may use what stands above.</summary>
    void ReadGlobals(Instruction instruction)
    {
        foreach (var word in instruction.Operands)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (buildArgs.TryGetValue(name, out var given)) _globals[name] = given;
            else if (equals >= 0) _globals[name] = Substitute(word[(equals + 1)..], instruction.Line);
            else _globals.TryAdd(name, null);
        }
    }

    /// <summary>A name of an earlier stage, its number (not in FROM), scratch, or an image.</summary>
    void Use(Stage stage, string name, int line, bool isFrom = false)
    {
        if (name == "scratch") return;
        if (_stages.FindLast(s => name.Equals(s.Name, StringComparison.OrdinalIgnoreCase)) is { } earlier) stage.Stages.Add(earlier.Index);
        else if (!isFrom && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _stages.Count) stage.Stages.Add(index);
        else if (ImageReference.TryParse(name, out var reference)) stage.Images.Add(new ImageUse(reference, line));
        // Variables outside of FROM are replaced by some frontends only; the engine will see to it.
        else if (!name.Contains('$', StringComparison.Ordinal))
            Wrong(line, $"'{name}' is no image", name, "[registry/]repository[:tag][@digest] in lower case, the name of an earlier stage, or scratch");
    }

    static string? MountSource(string mount) => mount.Split(',')
        .Where(option => option.StartsWith("from=", StringComparison.Ordinal))
        .Select(option => option["from=".Length..])
        .FirstOrDefault(source => source.Length > 0);

    Stage? FindTarget(string? target)
    {
        if (target is null or "") return _stages[^1];
        if (_stages.FindLast(s => target.Equals(s.Name, StringComparison.OrdinalIgnoreCase)) is { } named) return named;
        if (int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _stages.Count) return _stages[index];
        var names = _stages.Select(s => s.Name).OfType<string>().ToList();
        Wrong(null, $"the Dockerfile has no stage '{target}'", target, names.Count > 0 ? string.Join(", ", names) : "a stage that some FROM ... AS NAME names", "target");
        return null;
    }

    List<ImageUse> Needed(Stage target)
    {
        var needed = new HashSet<int>();
        var open = new Stack<int>([target.Index]);
        while (open.TryPop(out var index))
            if (needed.Add(index))
                foreach (var stage in _stages[index].Stages) open.Push(stage);
        return [.. needed.Order().SelectMany(i => _stages[i].Images).DistinctBy(image => image.Reference)];
    }

    string? Substitute(string text, int line)
    {
        try
        {
            return _substitution!.Apply(text);
        }
        catch (FormatException reason)
        {
            Wrong(line, reason.Message, text, "$NAME, ${NAME} or ${NAME:-DEFAULT}");
            return null;
        }
    }

    /// <summary>Arguments before the first FROM, and those of the platform that need no ARG there.</summary>
    string? FindArgument(string name)
    {
        if (_globals.TryGetValue(name, out var value)) return value;
        var own = "linux/" + (RuntimeInformation.OSArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString().ToLowerInvariant() });
        var wanted = (platform ?? own).Split('/');
        return name switch
        {
            "BUILDPLATFORM" => own,
            "BUILDOS" => "linux",
            "BUILDARCH" => own["linux/".Length..],
            "BUILDVARIANT" => "",
            "TARGETPLATFORM" => platform ?? own,
            "TARGETOS" => wanted[0],
            "TARGETARCH" => wanted.ElementAtOrDefault(1),
            "TARGETVARIANT" => wanted.ElementAtOrDefault(2) ?? "",
            _ => null,
        };
    }

    void Wrong(int? line, string message, string? found, string expected, string? key = null) =>
        _wrong.Add(new Diagnostic { Message = message, File = file, Line = line, Found = found, Expected = expected, Key = key });
}
