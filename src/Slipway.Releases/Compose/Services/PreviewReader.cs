using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>previews</c> of the file's own <c>x-release</c>.</summary>
static class PreviewReader
{
    /// <summary>How long a preview may last at least and at most.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1), Longest = TimeSpan.FromDays(366);

    public const string ExpectedTime = "1m to 366d, for example 3d";

    static readonly string[] Placeholders = ["{name}", "{host}", "{service}", "{app}"];

    /// <returns>Null: nothing is said.</returns>
    public static PreviewPolicy? Read(Reading reading)
    {
        foreach (var (service, _) in reading.Services.Node is Mapping ? reading.Services.Entries() : [])
            if (reading.Services[service]["x-release"]["previews"] is { IsMissing: false } own)
                own.Error("previews are of the whole app", "previews: under the file's own x-release");
        var field = reading.Root["x-release"]["previews"];
        if (field.IsMissing) return null;
        if (field.Node is Scalar) return field.Bool() == false ? new PreviewPolicy { Off = true } : null;
        if (field.Node is not Mapping)
        {
            field.Error($"{field.Node!.Kind} says nothing about previews", "a mapping, or false for none");
            return null;
        }
        var defaults = new PreviewPolicy();
        return new PreviewPolicy
        {
            Host = Host(field["host"]) ?? defaults.Host,
            Lasts = Time(field["ttl"]) ?? defaults.Lasts,
            Max = field["max"].Int(1, 1000) ?? defaults.Max,
            Services = Services(field["services"], reading),
            Environment = field["environment"].Texts(emptyForNull: true),
            Scale = field["scale"].Int(1, 1000) ?? defaults.Scale,
            AllSecrets = IsAll(field["secrets"]),
            Secrets = Secrets(field["secrets"], reading),
            Share = [.. field["share"].Texts().Select(text => MountSyntax.IsPath(text) ? reading.HostPathOf(field["share"], text) : text)],
            Auth = RouteReader.Auth(field["auth"], reading),
            Index = field["index"].Bool() ?? defaults.Index,
            OrdersCertificates = Orders(field["certificate"]),
        };
    }

    static string? Host(Field field)
    {
        if (field.Text()?.ToLowerInvariant() is not { } text) return null;
        var sample = Placeholders.Aggregate(text, (before, placeholder) => before.Replace(placeholder, "a", StringComparison.Ordinal));
        if (!text.Contains("{name}", StringComparison.Ordinal)) field.Error($"all previews would have the host '{text}'", "a host with {name} in it, for example {name}.preview.example.com");
        else if (!HostNames.IsValid(sample)) field.Error($"'{text}' makes no host name", "{name}, {host}, {service}, {app} and what may stand in a host name, for example {name}.preview.example.com");
        else return text;
        return null;
    }

    static TimeSpan? Time(Field field)
    {
        if (field.Duration() is not { } time) return null;
        if (time >= Shortest && time <= Longest) return time;
        field.Error($"'{field.Text()}' is no time for which a preview can last", ExpectedTime);
        return null;
    }

    static IReadOnlyList<string> Services(Field field, Reading reading)
    {
        var names = field.Texts();
        foreach (var name in names.Where(name => !Reading.Has(reading.Services, name))) field.Error($"there is no service '{name}'", Reading.Defined(reading.Services), name);
        return names;
    }

    static bool IsAll(Field field) => field.Node is Scalar && field.Bool() == true;

    static IReadOnlyList<string> Secrets(Field field, Reading reading)
    {
        if (field.IsMissing || field.Node is Scalar) return [];
        var (names, defined) = (field.TextList(), reading.Root["secrets"]);
        foreach (var name in names.Where(name => !Reading.Has(defined, name))) field.Error($"there is no secret '{name}'", Reading.Defined(defined), name);
        return names;
    }

    static bool Orders(Field field)
    {
        switch (field.Text())
        {
            case null or "own":
                return false;
            case "acme":
                return true;
            case var text:
                field.Error($"'{text}' is no source of certificates", "own (the default) or acme");
                return false;
        }
    }
}
