using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Layouts;
using Slipway.Registry.Mirroring.Client;

namespace Slipway.Cli.Commands;

/// <summary>Images out of an archive into our registry.</summary>
static class ImageImportCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "import");
        var archive = new Argument<string>("FILE|DIR|-") { Description = context.Texts["image import FILE"] };
        var name = new Option<string?>("--as") { Description = context.Texts["image import --as"], HelpName = "NAME[:TAG]|PREFIX/" };
        var json = context.Json();
        command.Arguments.Add(archive);
        command.Options.Add(name);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var path = parsed.GetRequiredValue(archive);
            if (path != "-") path = Path.GetFullPath(path, context.Shell.Folder);
            var done = new List<ImportedImage>();
            await RegistryAccess.Guard(async () =>
            {
                await using var input = Console.OpenStandardInput();
                await ImageImport.Run(path, RegistryAccess.Of(api), parsed.GetValue(name), input, image =>
                {
                    done.Add(image);
                    if (!parsed.GetValue(json)) context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {Name(image)}  {(image.Blobs == 0 ? "was there" : $"{image.Blobs} blobs, {Readable.Bytes(image.Bytes)}")}");
                }, cancel);
            });
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize<IReadOnlyList<ImportedImage>>(done, LayoutReports.Default.IReadOnlyListImportedImage));
        });
        return command;
    }

    static string Name(ImportedImage image) => image.Tag is null ? $"{image.Repository}@{image.Digest.Algorithm}:{image.Digest.Short}" : $"{image.Repository}:{image.Tag}";
}

/// <summary>The server's registry, for commands that speak its own protocol.</summary>
static class RegistryAccess
{
    public static RemoteRegistry Of(ApiClient api) => new() { Url = new Uri(api.Url.GetLeftPart(UriPartial.Authority)), User = api.User, Password = api.Token };

    /// <summary>What other ends and archives do wrong is said in a sentence, like everything else.</summary>
    public static async Task Guard(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (InvalidDataException damaged)
        {
            throw new CommandFailedException(damaged.Message, ExitCode.Failed, damaged);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ExportedImage>))]
[JsonSerializable(typeof(IReadOnlyList<ImportedImage>))]
sealed partial class LayoutReports : JsonSerializerContext;
