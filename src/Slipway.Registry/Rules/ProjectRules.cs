using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Rules.Retention;

namespace Slipway.Registry.Rules;

/// <summary>The rules of projects: shown and changed, each change with its event. Thread-safe.</summary>
public sealed class ProjectRules
{
    readonly Database.Database _database;
    readonly EventLog _events;
    readonly TimeProvider _time;

    internal ProjectRules(Database.Database database, EventLog events, TimeProvider time) => (_database, _events, _time) = (database, events, time);

    /// <exception cref="InvalidInputException">No project's name.</exception>
    public ProjectRuleSet Show(string project)
    {
        ProjectScope.Parse(project);
        return _database.Read(connection =>
        {
            var retention = RetentionRow.Find(connection, project);
            var quota = connection.QuerySingleOrDefault<QuotaRow>("SELECT project, bytes, tags, repositories, used, stale FROM registry_quotas WHERE project = @project", new { project });
            return new ProjectRuleSet
            {
                Project = project,
                Immutable = Immutable(connection, project),
                Retention = retention?.Read(),
                NextRetention = retention?.Next,
                Quota = new ProjectQuota { Bytes = quota?.Bytes, Tags = quota?.Tags, Repositories = quota?.Repositories },
                Usage = new ProjectUsage(QuotaGuard.Count(connection, project), QuotaGuard.CountTags(connection, project), QuotaGuard.CountRepositories(connection, project)),
            };
        });
    }

    /// <summary>Makes tags immutable from now on; the rule that there is already is answered again.</summary>
    /// <exception cref="InvalidInputException">No project, or no patterns of it.</exception>
    public Task<ImmutableRule> AddImmutable(string project, ImmutableRule rule, Caller caller, CancellationToken cancel)
    {
        ProjectScope.Parse(project);
        Refuse([ProjectScope.CheckRepositories(project, rule.Repositories, "repositories"), ProjectScope.CheckPattern(rule.Tags, "tags")]);
        return _database.Write(
            connection =>
            {
                var added = connection.ExecuteScalar<long?>(
                    """
                    INSERT INTO registry_immutable_rules (project, repositories, tags, created) VALUES (@project, @Repositories, @Tags, @now)
                    ON CONFLICT (project, repositories, tags) DO NOTHING RETURNING id
                    """,
                    new { project, rule.Repositories, rule.Tags, now = Now() });
                if (added is not null) Record(connection, caller, "create", "immutable tags", $"{project}: {rule.Repositories}:{rule.Tags}");
                return Immutable(connection, project).First(one => one.Repositories == rule.Repositories && one.Tags == rule.Tags);
            },
            cancel);
    }

    /// <exception cref="NotFoundException">The project has no such rule.</exception>
    public Task RemoveImmutable(string project, long id, Caller caller, CancellationToken cancel) => _database.Write(
        connection =>
        {
            var rules = Immutable(connection, project);
            var rule = rules.FirstOrDefault(one => one.Id == id)
                ?? throw new NotFoundException($"The project {project} has no rule {id}{(rules.Count == 0 ? "" : $"; it has {string.Join(", ", rules.Select(one => $"{one.Id} ({one.Repositories}:{one.Tags})"))}")}.");
            connection.Execute("DELETE FROM registry_immutable_rules WHERE id = @id", new { id });
            Record(connection, caller, "delete", "immutable tags", $"{project}: {rule.Repositories}:{rule.Tags}");
        },
        cancel);

    /// <exception cref="InvalidInputException">No project, or a policy that can't be followed; every error of it.</exception>
    public Task SetRetention(string project, RetentionPolicy policy, Caller caller, CancellationToken cancel)
    {
        ProjectScope.Parse(project);
        Refuse(policy.Check(project));
        return _database.Write(
            connection =>
            {
                connection.Execute(
                    """
                    INSERT INTO registry_retention (project, policy, next_run) VALUES (@project, @policy, @next)
                    ON CONFLICT (project) DO UPDATE SET policy = excluded.policy, next_run = excluded.next_run
                    """,
                    new { project, policy = JsonSerializer.Serialize(policy, RetentionJson.Default.RetentionPolicy), next = RetentionRow.NextText(policy, _time.GetUtcNow()) });
                Record(connection, caller, "change", "retention", $"{project}: {policy}");
            },
            cancel);
    }

    /// <exception cref="NotFoundException">The project has none.</exception>
    public Task ClearRetention(string project, Caller caller, CancellationToken cancel) => _database.Write(
        connection =>
        {
            if (connection.Execute("DELETE FROM registry_retention WHERE project = @project", new { project }) == 0)
                throw new NotFoundException($"The project {project} has no retention policy.");
            Record(connection, caller, "delete", "retention", project);
        },
        cancel);

    /// <summary>Sets all limits; one that is below what is used already refuses what comes, and removes nothing. Without any limit the quota is lifted.</summary>
    /// <exception cref="InvalidInputException">No project, or a negative limit.</exception>
    public Task SetQuota(string project, ProjectQuota quota, Caller caller, CancellationToken cancel)
    {
        ProjectScope.Parse(project);
        Refuse([Negative(quota.Bytes, "bytes"), Negative(quota.Tags, "tags"), Negative(quota.Repositories, "repositories")]);
        return _database.Write(
            connection =>
            {
                if (quota is { Bytes: null, Tags: null, Repositories: null })
                {
                    if (connection.Execute("DELETE FROM registry_quotas WHERE project = @project", new { project }) > 0) Record(connection, caller, "delete", "quota", project);
                    return;
                }
                connection.Execute(
                    """
                    INSERT INTO registry_quotas (project, bytes, tags, repositories, used, stale) VALUES (@project, @Bytes, @Tags, @Repositories, @used, 0)
                    ON CONFLICT (project) DO UPDATE SET bytes = excluded.bytes, tags = excluded.tags, repositories = excluded.repositories, used = excluded.used, stale = 0
                    """,
                    new { project, quota.Bytes, quota.Tags, quota.Repositories, used = QuotaGuard.Count(connection, project) });
                Record(connection, caller, "change", "quota", $"{project}: {Text(quota.Bytes, "bytes")}, {Text(quota.Tags, "tags")}, {Text(quota.Repositories, "repositories")}");
            },
            cancel);
    }

    static List<ImmutableRule> Immutable(DbConnection connection, string project) => connection.Query<ImmutableRule>(
        "SELECT id, repositories, tags FROM registry_immutable_rules WHERE project = @project ORDER BY id", new { project }).AsList();

    void Record(DbConnection connection, Caller caller, string action, string target, string detail) =>
        _events.Record(connection, caller, new RegistryEvent { Action = action, Target = target, Detail = detail });

    static void Refuse(IEnumerable<Diagnostic?> found)
    {
        var wrong = found.OfType<Diagnostic>().ToList();
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
    }

    static Diagnostic? Negative(long? limit, string key) => limit is < 0
        ? new Diagnostic { Message = $"{limit.Value.ToString(CultureInfo.InvariantCulture)} is no limit", Key = key, Found = limit.Value.ToString(CultureInfo.InvariantCulture), Expected = "0 or more; leave it out for no limit" } : null;

    static string Text(long? limit, string unit) => limit is { } value ? $"{value.ToString(CultureInfo.InvariantCulture)} {unit}" : $"{unit} without limit";

    string Now() => _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
}
