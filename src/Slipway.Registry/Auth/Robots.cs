using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;

namespace Slipway.Registry.Auth;

/// <summary>
/// Accounts of programs: scopes in place of roles, a secret that is made here and shown once, and an end date. Nobody gives away more than he has: whoever
/// makes a robot must hold all of its scopes. Thread-safe.
/// </summary>
public sealed class Robots
{
    readonly AccessChanges _changes;

    internal Robots(AccessChanges changes) => _changes = changes;

    /// <param name="project">Null: all that <paramref name="rights"/> may manage.</param>
    public IReadOnlyList<RobotStatus> List(string? project, Rights rights) => _changes.Database.Read(connection =>
        AccountRow.OfKind(connection, "robot", project).Where(robot => MayManage(rights, robot.Project)).Select(robot => Status(robot, robot.Scopes(connection))).ToList());

    /// <summary>Its answer alone shows the secret.</summary>
    /// <exception cref="InvalidInputException">Something of it is wrong, or more than the caller may give away.</exception>
    /// <exception cref="ConflictException">There is one of that name.</exception>
    public async Task<RobotStatus> Add(RobotRequest request, Rights rights, Caller caller, CancellationToken cancel)
    {
        var project = request.Project is null ? null : AccessChanges.Project(request.Project);
        if (!AccountName.IsUser(request.Name)) throw AccessChanges.Wrong("name", request.Name, "is no name of a robot", AccountName.UserRule);
        if (project == AccountName.PlatformRobots) throw AccessChanges.Wrong("project", project, "is what the platform's own robots are called", "another project");
        if (request.Expires is { } end && end <= _changes.Time) throw AccessChanges.Wrong("expires", end.ToString("O", CultureInfo.InvariantCulture), "is over already", "a time to come, or none");
        var grants = Grants(request, project, rights);
        var (name, secret) = (AccountName.Robot(project, request.Name), Passwords.NewSecret());
        var made = await _changes.Make(
            connection =>
            {
                if (AccountRow.Find(connection, name) is not null) throw new ConflictException($"There is a robot '{name}' already.");
                var id = connection.ExecuteScalar<long>(
                    """
                    INSERT INTO registry_accounts (name, kind, project, secret, admin, disabled, expires, version, created, creator)
                    VALUES (@name, 'robot', @project, @secret, 0, 0, @expires, @version, @now, @creator) RETURNING id
                    """,
                    new { name, project, secret = Passwords.OfSecret(secret), expires = request.Expires?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture), version = AccountRow.FirstVersion(), now = _changes.Now, creator = caller.Name });
                foreach (var grant in grants)
                    connection.Execute("INSERT INTO registry_scopes (account_id, pattern, actions) VALUES (@id, @pattern, @actions)", new { id, pattern = grant.Pattern.Value, actions = (long)grant.Actions });
                _changes.Record(connection, caller, "create", "robot", $"{name}: {string.Join("; ", grants.Select(grant => $"{grant.Pattern} {grant.Actions}"))}", project);
                return Status(AccountRow.Find(connection, name)!, grants);
            },
            cancel);
        return made with { Secret = secret };
    }

    /// <summary>A new secret in place of the old one, which is worth nothing from now on.</summary>
    /// <exception cref="NotFoundException">There is no such robot that the caller may manage.</exception>
    /// <exception cref="ForbiddenException">The robot may do more than the caller.</exception>
    public async Task<RobotStatus> Rotate(string name, Rights rights, Caller caller, CancellationToken cancel)
    {
        var secret = Passwords.NewSecret();
        var robot = await _changes.Make(
            connection =>
            {
                var row = Require(connection, name, rights);
                // Who gets the secret gets the robot's rights: nobody takes more than he has.
                if (row.Scopes(connection).Where(scope => !rights.May(scope.Pattern, scope.Actions)).Select(scope => $"{scope.Pattern} {scope.Actions}").FirstOrDefault() is { } more)
                    throw new ForbiddenException($"{name} has rights that you have not ({more}): its new secret is for an administrator, or a maintainer of its project.");
                connection.Execute("UPDATE registry_accounts SET secret = @secret, version = version + 1 WHERE id = @Id", new { row.Id, secret = Passwords.OfSecret(secret) });
                _changes.Record(connection, caller, "change", "robot", $"{name}: secret", row.Project);
                return Status(row, row.Scopes(connection));
            },
            cancel);
        return robot with { Secret = secret };
    }

    /// <exception cref="NotFoundException">There is no such robot that the caller may manage.</exception>
    public Task Disable(string name, bool disabled, Rights rights, Caller caller, CancellationToken cancel) => _changes.Make(
        connection =>
        {
            var row = Require(connection, name, rights);
            connection.Execute("UPDATE registry_accounts SET disabled = @value, version = version + 1 WHERE id = @Id", new { row.Id, value = disabled ? 1 : 0 });
            _changes.Record(connection, caller, "change", "robot", $"{name}: {(disabled ? "disabled" : "enabled")}", row.Project);
            return true;
        },
        cancel);

    /// <summary>Whether the caller may change or remove it, asked before anything of it is taken away.</summary>
    /// <exception cref="NotFoundException">There is no such robot that the caller may manage.</exception>
    public void Check(string name, Rights rights) => _changes.Database.Read(connection => Require(connection, name, rights));

    /// <exception cref="NotFoundException">There is no such robot that the caller may manage.</exception>
    public Task Remove(string name, Rights rights, Caller caller, CancellationToken cancel) => _changes.Make(
        connection =>
        {
            var row = Require(connection, name, rights);
            connection.Execute("DELETE FROM registry_accounts WHERE id = @Id", new { row.Id });
            _changes.Record(connection, caller, "delete", "robot", name, row.Project);
            return true;
        },
        cancel);

    /// <summary>A robot of the platform is an administrator's; one of a project is its maintainers', and of robots that may manage the project.</summary>
    public static bool MayManage(Rights rights, string? project) => rights.IsAdmin || (project is not null && rights.May(ScopePattern.OfProject(project), RegistryActions.Manage));

    static AccountRow Require(DbConnection connection, string name, Rights rights) =>
        AccountRow.Find(connection, name) is { Kind: "robot" } robot && MayManage(rights, robot.Project) ? robot
        : throw new NotFoundException($"There is no robot '{name}' that you may manage{Accounts.Known(AccountRow.OfKind(connection, "robot", null).Where(known => MayManage(rights, known.Project)).Select(known => known.Name).ToList())}");

    static List<Grant> Grants(RobotRequest request, string? project, Rights rights)
    {
        IReadOnlyList<RobotScope> scopes = request.Scopes.Count > 0 ? request.Scopes
            : project is not null ? [new RobotScope { Repositories = project, Actions = ["pull"] }]
            : throw AccessChanges.Wrong("scopes", "", "gives a robot of the platform nothing to do", "at least one scope");
        var grants = new List<Grant>();
        foreach (var scope in scopes)
        {
            if (!ScopePattern.TryParse(scope.Repositories, out var pattern)) throw AccessChanges.Wrong("scopes", scope.Repositories, "names no repositories", ScopePattern.Rule);
            var actions = RegistryActions.None;
            foreach (var word in scope.Actions)
                actions |= word switch
                {
                    "pull" => RegistryActions.Pull,
                    "push" => RegistryActions.Push,
                    "delete" => RegistryActions.Delete,
                    "manage" => RegistryActions.Manage,
                    _ => throw AccessChanges.Wrong("scopes", word, "is no action", "pull, push, delete or manage"),
                };
            if (actions == RegistryActions.None) throw AccessChanges.Wrong("scopes", scope.Repositories, "has no actions", "pull, push, delete or manage");
            if (project is not null && !ScopePattern.OfProject(project).Covers(pattern)) throw AccessChanges.Wrong("scopes", scope.Repositories, $"is outside of the robot's project '{project}'", $"{project}, {project}/NAME or {project}/BEGINNING*");
            if (!rights.May(pattern, actions)) throw AccessChanges.Wrong("scopes", scope.Repositories, $"is more than you may give away: you may {rights.On(scope.Repositories.TrimEnd('*', '/'))}", "scopes within your own rights");
            grants.Add(new Grant(pattern, actions));
        }
        return [.. grants.GroupBy(grant => grant.Pattern).Select(same => new Grant(same.Key, same.Aggregate(RegistryActions.None, (all, grant) => all | grant.Actions)))];
    }

    static RobotStatus Status(AccountRow robot, IReadOnlyList<Grant> grants) => new()
    {
        Name = robot.Name,
        Project = robot.Project,
        Scopes = [.. grants.Select(Scope)],
        Expires = robot.End,
        Disabled = robot.Disabled != 0,
        Created = DateTimeOffset.Parse(robot.Created, CultureInfo.InvariantCulture),
    };

    internal static RobotScope Scope(Grant grant) => new()
    {
        Repositories = grant.Pattern.Value,
        Actions = [.. TokenScope.Words(grant.Actions), .. grant.Actions.HasFlag(RegistryActions.Manage) ? (string[])["manage"] : []],
    };
}
