using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>
/// The projects: who is a member of which, and which are public. A project is there as soon as a repository is, or a member, or it was set up. Thread-safe.
/// </summary>
public sealed class Projects
{
    readonly AccessChanges _changes;
    readonly PublicProjects _public;

    internal Projects(AccessChanges changes, PublicProjects @public) => (_changes, _public) = (changes, @public);

    /// <summary>Whether everybody may pull from the repository; no name of one: no.</summary>
    public bool IsPublic(string repository) => RepositoryName.TryParse(repository, out var name) && _public.Contains(name);

    /// <summary>By name; those that <paramref name="seen"/> lets through.</summary>
    public IReadOnlyList<ProjectStatus> List(Func<string, bool> seen) => _changes.Database.Read(connection =>
    {
        var found = new SortedDictionary<string, ProjectStatus>(StringComparer.Ordinal);
        foreach (var (name, isPublic) in connection.Query<(string, long)>("SELECT name, public FROM registry_projects")) found[name] = new ProjectStatus { Name = name, Public = isPublic != 0 };
        foreach (var repository in connection.Query<string>("SELECT name FROM registry_repositories", buffered: false))
        {
            var name = repository.Split('/', 2)[0];
            var project = found.GetValueOrDefault(name) ?? new ProjectStatus { Name = name };
            found[name] = project with { Repositories = project.Repositories + 1 };
        }
        var members = connection.Query<(string Project, string Account, string Role)>(
            "SELECT m.project, a.name, m.role FROM registry_members m JOIN registry_accounts a ON a.id = m.account_id ORDER BY a.name").ToLookup(member => member.Project);
        foreach (var group in members) found.TryAdd(group.Key, new ProjectStatus { Name = group.Key });
        return found.Values.Where(project => seen(project.Name))
            .Select(project => project with { Members = [.. members[project.Name].Select(member => new ProjectMember(member.Account, Enum.Parse<ProjectRole>(member.Role)))] }).ToList();
    });

    /// <exception cref="InvalidInputException">No name of a project.</exception>
    public Task Set(string name, bool isPublic, Caller caller, CancellationToken cancel)
    {
        AccessChanges.Project(name);
        return _changes.Make(
            connection =>
            {
                connection.Execute(
                    "INSERT INTO registry_projects (name, public, created) VALUES (@name, @value, @now) ON CONFLICT (name) DO UPDATE SET public = excluded.public",
                    new { name, value = isPublic ? 1 : 0, now = _changes.Now });
                _changes.Record(connection, caller, "change", "project", $"{name} is {(isPublic ? "public" : "private")}", name);
                return true;
            },
            cancel);
    }

    /// <summary>Gives a user a role in a project, in place of the one that he has.</summary>
    /// <exception cref="NotFoundException">There is no such user.</exception>
    public Task SetMember(string project, string account, ProjectRole role, Caller caller, CancellationToken cancel)
    {
        AccessChanges.Project(project);
        return _changes.Make(
            connection =>
            {
                var id = Accounts.Require(connection, account).Id;
                connection.Execute(
                    "INSERT INTO registry_members (project, account_id, role) VALUES (@project, @id, @role) ON CONFLICT (project, account_id) DO UPDATE SET role = excluded.role",
                    new { project, id, role = role.ToString() });
                _changes.Record(connection, caller, "change", "member", $"{account} is {role.ToString().ToLowerInvariant()} of {project}", project);
                return true;
            },
            cancel);
    }

    /// <exception cref="NotFoundException">There is no such user, or he is no member.</exception>
    public Task RemoveMember(string project, string account, Caller caller, CancellationToken cancel) => _changes.Make(
        connection =>
        {
            var id = Accounts.Require(connection, account).Id;
            if (connection.Execute("DELETE FROM registry_members WHERE project = @project AND account_id = @id", new { project, id }) == 0)
                throw new NotFoundException($"{account} is no member of project '{project}'.");
            _changes.Record(connection, caller, "delete", "member", $"{account} of {project}", project);
            return true;
        },
        cancel);

    /// <summary>Takes what was set up of a project: that it is public, and its members. Its repositories stay, and are private.</summary>
    public Task Remove(string name, Caller caller, CancellationToken cancel) => _changes.Make(
        connection =>
        {
            var gone = connection.Execute("DELETE FROM registry_projects WHERE name = @name", new { name }) + connection.Execute("DELETE FROM registry_members WHERE project = @name", new { name });
            if (gone == 0) throw new NotFoundException($"Nothing is set up for a project '{name}'.");
            _changes.Record(connection, caller, "delete", "project", name, name);
            return true;
        },
        cancel);
}
