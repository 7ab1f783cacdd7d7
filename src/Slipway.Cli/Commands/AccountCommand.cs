using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Auth;

namespace Slipway.Cli.Commands;

/// <summary>The users.</summary>
static class AccountCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("account");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakePassword(context));
        command.Subcommands.Add(MakeChange(context, "enable", "may be used again", new AccountChange { Disabled = false }));
        command.Subcommands.Add(MakeChange(context, "disable", "is refused from now on", new AccountChange { Disabled = true }));
        command.Subcommands.Add(MakeChange(context, "grant-admin", "is an administrator", new AccountChange { Admin = true }));
        command.Subcommands.Add(MakeChange(context, "revoke-admin", "is no administrator any more", new AccountChange { Admin = false }));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Argument<string> Name(CommandContext context) => new("NAME") { Description = context.Texts["account NAME"] };

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("account", "add");
        var name = Name(context);
        var admin = new Option<bool>("--admin") { Description = context.Texts["account add --admin"] };
        var password = new PasswordInput(context);
        command.Arguments.Add(name);
        command.Options.Add(admin);
        password.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var (account, isAdmin) = (parsed.GetRequiredValue(name), parsed.GetValue(admin));
            using var api = context.Connect(parsed);
            await api.AddAccount(new AccountRequest { Name = account, Password = password.New(parsed, account), Admin = isAdmin }, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {account} is added{(isAdmin ? ", an administrator" : "")}");
            if (!isAdmin) context.Shell.Out.WriteLine($"  and can do nothing yet: slipway project member set PROJECT {account} viewer|developer|maintainer");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("account", "list");
        command.Aliases.Add("ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(AccessCalls.AccountsPath, cancel));
                return;
            }
            var accounts = await api.Accounts(cancel);
            if (accounts.Count == 0) context.Shell.Out.WriteLine("No user yet, only admin. For example: slipway account add alice");
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "ADDED", "STATE", "ROLES"], accounts.Select(account => (string[])
                [account.Name, Readable.Ago(account.Created, DateTimeOffset.UtcNow), account.Disabled ? "disabled" : "ok", Roles(account)]));
        });
        return command;
    }

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("account", "show");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(AccessCalls.MePath, cancel));
                return;
            }
            var who = await api.WhoAmI(cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Bold(who.Name)}  {who.Kind}{(who.Admin ? ", administrator: may do everything" : "")}");
            if (who.Admin) return;
            foreach (var right in who.Rights) context.Shell.Out.WriteLine($"  {right.Repositories}  {string.Join(", ", right.Actions)}");
            if (who.Rights.Count == 0) context.Shell.Out.WriteLine("  has no role yet: a maintainer of a project, or an administrator, gives one");
        });
        return command;
    }

    static Command MakePassword(CommandContext context)
    {
        var command = context.Command("account", "password");
        var name = new Argument<string?>("NAME") { Description = context.Texts["account password NAME"], Arity = ArgumentArity.ZeroOrOne };
        var password = new PasswordInput(context);
        command.Arguments.Add(name);
        password.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var account = parsed.GetValue(name);
            if (account is not null && account != api.User)
            {
                await api.ChangeAccount(account, new AccountChange { Password = password.New(parsed, account) }, cancel);
                context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {account} has a new password, and has to log in again");
                return;
            }
            var chosen = password.New(parsed, api.User);
            await api.SetMyPassword(chosen, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {api.User} has a new password; on other machines, log in again");
            LoginCommand.Keep(context, api.Url.Authority, api.User, chosen);
        });
        return command;
    }

    static Command MakeChange(CommandContext context, string verb, string outcome, AccountChange change)
    {
        var command = context.Command("account", verb);
        var name = Name(context);
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.ChangeAccount(parsed.GetRequiredValue(name), change, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} {outcome}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("account", "remove");
        command.Aliases.Add("rm");
        var name = Name(context);
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveAccount(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is removed, with all roles; what was pushed stays");
        });
        return command;
    }

    static string Roles(AccountStatus account) => account.Admin ? "administrator"
        : account.Projects.Count == 0 ? "none"
        : string.Join(", ", account.Projects.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}: {ProjectCommand.Word(one.Value)}"));
}
