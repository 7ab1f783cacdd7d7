using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Server.Members;

/// <summary>An account and its roles on an app: <c>GET /api/v1/apps/{app}/members</c>.</summary>
/// <param name="AllApps">They are on all apps, not on this one alone.</param>
public sealed record AppMember(string Account, IReadOnlyList<string> Roles, bool AllApps);

/// <summary>Which account has which roles on which app. Thread-safe.</summary>
sealed class AppMembers(Database.Database database, Accounts accounts, EventLog events, TimeProvider time)
{
    const string All = "*";

    /// <summary>Of the app, and of all apps; by account.</summary>
    public IReadOnlyList<AppMember> List(AppName? app) => database.Read(connection => connection
        .Query<(string App, string Account, string Role)>("SELECT app, account, role FROM app_members WHERE app IN @places ORDER BY account, role", new { places = Places(app) })
        .GroupBy(row => (row.App, row.Account))
        .Select(group => new AppMember(group.Key.Account, [.. group.Select(row => row.Role)], group.Key.App == All)).ToList());

    /// <summary>What the account has on the app, and on all apps.</summary>
    public IReadOnlySet<string> RolesOf(string account, AppName app) => database.Read(connection => connection
        .Query<string>("SELECT role FROM app_members WHERE account = @account AND app IN @places", new { account, places = Places(app) }).ToHashSet(StringComparer.Ordinal));

    /// <param name="app">Null: all apps. It need not be there yet.</param>
    /// <exception cref="InvalidInputException">No name of a role.</exception>
    /// <exception cref="NotFoundException">There is no such account.</exception>
    public async Task Add(AppName? app, string account, string role, Caller caller, CancellationToken cancel)
    {
        if (!RoleNames.IsName(role)) throw new InvalidInputException(new Diagnostic { Key = "role", Message = $"'{role}' is no role", Found = role, Expected = AppRole.Rule });
        if (!accounts.Has(account)) throw new NotFoundException($"There is no account '{account}'. To add a user: slipway account add {account}");
        await database.Write(
            connection =>
            {
                if (connection.Execute(
                    "INSERT INTO app_members (app, account, role, added_by, created) VALUES (@place, @account, @role, @by, @now) ON CONFLICT DO NOTHING",
                    new { place = Place(app), account, role, by = caller.Name, now = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) }) > 0)
                    Record(connection, caller, "create", $"{account} is {role} of {Named(app)}");
            },
            cancel);
    }

    /// <param name="role">Null: every role that the account has there.</param>
    /// <exception cref="NotFoundException">It has none.</exception>
    public Task Remove(AppName? app, string account, string? role, Caller caller, CancellationToken cancel) => database.Write(
        connection =>
        {
            var gone = connection.Query<string>(
                $"DELETE FROM app_members WHERE app = @place AND account = @account{(role is null ? "" : " AND role = @role")} RETURNING role", new { place = Place(app), account, role }).ToList();
            if (gone.Count == 0) throw new NotFoundException($"{account} is no {role ?? "member"} of {Named(app)}.");
            Record(connection, caller, "delete", $"{account} is {string.Join(" and ", gone)} of {Named(app)} no more");
        },
        cancel);

    /// <summary>Before the account is removed: a later one of its name is somebody else.</summary>
    public Task Forget(string account, CancellationToken cancel) =>
        database.Write(connection => { connection.Execute("DELETE FROM app_members WHERE account = @account", new { account }); }, cancel);

    /// <summary>Before the name of a removed app is free: a later one is another app.</summary>
    public Task Forget(AppName app, CancellationToken cancel) =>
        database.Write(connection => { connection.Execute("DELETE FROM app_members WHERE app = @app", new { app = app.Value }); }, cancel);

    void Record(System.Data.Common.DbConnection connection, Caller caller, string action, string detail) =>
        events.Record(connection, caller, new RegistryEvent { Action = action, Target = "app member", Detail = detail });

    static string Place(AppName? app) => app?.Value ?? All;

    static string Named(AppName? app) => app?.Value ?? "all apps";

    static List<string> Places(AppName? app) => app is { } one ? [one.Value, All] : [All];
}
