using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>Projects that are pull-through caches.</summary>
static class MirrorCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("mirror");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("mirror", "add");
        var project = new Argument<string>("PROJECT") { Description = context.Texts["mirror add PROJECT"] };
        var upstream = new Argument<string>("UPSTREAM") { Description = context.Texts["mirror add UPSTREAM"] };
        var remote = new RemoteOptions(context);
        var lifetime = new Option<string?>("--tags-for") { Description = context.Texts["mirror add --tags-for"], HelpName = "AGE" };
        var allowed = new Option<string[]>("--allow") { Description = context.Texts["mirror add --allow"], HelpName = "PATTERN" };
        var push = new Option<bool>("--allow-push") { Description = context.Texts["mirror add --allow-push"] };
        command.Arguments.Add(project);
        command.Arguments.Add(upstream);
        remote.AddTo(command);
        command.Options.Add(lifetime);
        command.Options.Add(allowed);
        command.Options.Add(push);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(project);
            var cache = await api.SetMirror(name, new MirrorRequest
            {
                Upstream = parsed.GetRequiredValue(upstream),
                User = remote.User(parsed),
                Password = remote.Password(parsed),
                TagSeconds = parsed.GetValue(lifetime) is { } age ? (long)Since.ParseAge(age, "--tags-for").TotalSeconds : null,
                Allowed = parsed.GetValue(allowed) ?? [],
                AllowPush = parsed.GetValue(push),
            }, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {cache.Project} is a cache of {cache.Upstream}");
            context.Shell.Out.WriteLine($"  docker pull {api.Url.Authority}/{cache.Project}/{(cache.Upstream.Contains("docker.io", StringComparison.Ordinal) ? "library/debian:stable-slim" : "NAME:TAG")}");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("mirror", "list");
        command.Aliases.Add("ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(MirroringCalls.Mirrors, cancel));
                return;
            }
            var caches = await api.ListMirrors(cancel);
            if (caches.Count == 0) context.Shell.Out.WriteLine("No cache yet. For example: slipway mirror add hub docker.io");
            else Columns.Write(context.Shell.Out, context.Paint, ["PROJECT", "CACHE OF", "USER", "TAGS FOR", "PUSHES", "REPOSITORIES"], caches.Select(cache => (string[])
                [cache.Project, cache.Upstream, cache.User ?? "-", Readable.Duration(TimeSpan.FromSeconds(cache.TagSeconds)), cache.AllowPush ? "allowed" : "no", cache.Allowed.Count == 0 ? "all" : string.Join(", ", cache.Allowed)]));
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("mirror", "remove");
        command.Aliases.Add("rm");
        var project = new Argument<string>("PROJECT") { Description = context.Texts["mirror PROJECT"] };
        command.Arguments.Add(project);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveMirror(parsed.GetRequiredValue(project), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(project)} is no cache any more; its images stay");
        });
        return command;
    }
}
