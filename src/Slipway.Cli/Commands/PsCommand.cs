using System.CommandLine;
using System.Text.Json;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class PsCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("ps");
        var app = context.App(text: "ps APP");
        app.Arity = ArgumentArity.ZeroOrOne;
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var apps = parsed.GetValue(app) is { } one ? [await api.App(CommandContext.Name(one), cancel)] : await api.Apps(cancel);
            var instances = new List<Instance>();
            foreach (var status in apps) instances.AddRange(await api.Instances(status.App, cancel));
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(instances, ModelJson.Default.IReadOnlyListInstance));
            else Write(context, apps, instances);
        });
        return command;
    }

    static void Write(CommandContext context, IReadOnlyList<AppStatus> apps, List<Instance> instances)
    {
        FreezePicture.Write(context.Shell.Out, context.Paint, apps);
        if (instances.Count == 0)
        {
            context.Shell.Out.WriteLine("No instance runs.");
            return;
        }
        var now = TimeProvider.System.GetUtcNow();
        Columns.Write(context.Shell.Out, context.Paint, ["INSTANCE", "APP", "SERVICE", "RELEASE", "STATE", "RESTARTS", "SINCE", "IMAGE"], instances.Select(instance => (string[])
        [
            instance.Name, instance.App.Value, instance.Service, $"v{instance.Release}", StateText(instance),
            instance.Site is not null ? "-" : instance.Restarts.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Readable.Ago((instance.State == InstanceState.Exited ? instance.Finished : instance.Started) ?? instance.Created, now),
            Readable.ShortImage(instance.Image),
        ]));
    }

    static string StateText(Instance instance) => instance.State switch
    {
        _ when instance.Site is not null => "files",
        InstanceState.Exited when instance.OutOfMemory => "exited (out of memory)",
        InstanceState.Exited => $"exited ({instance.ExitCode})",
        InstanceState.Running when instance.Health != InstanceHealth.None => $"running ({instance.Health.ToString().ToLowerInvariant()})",
        _ => instance.State.ToString().ToLowerInvariant(),
    };
}
