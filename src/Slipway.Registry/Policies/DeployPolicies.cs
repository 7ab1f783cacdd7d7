using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Policies;

/// <summary>The policies of projects and of the platform: shown and changed, each change with its event. Thread-safe.</summary>
public sealed class DeployPolicies
{
    /// <summary>The row of the platform.</summary>
    const string Platform = "";

    const int MaxKeys = 64;

    static readonly JsonSerializerOptions Stored = new(PolicyJson.Default.Options) { TypeInfoResolver = PolicyJson.Default.WithAddedModifier(InitialValues.Keep) };

    readonly Database.Database _database;
    readonly EventLog _events;
    readonly TimeProvider _time;

    internal DeployPolicies(Database.Database database, EventLog events, TimeProvider time) => (_database, _events, _time) = (database, events, time);

    /// <summary>The platform's first, then by project.</summary>
    public IReadOnlyList<PolicyStatus> List() => _database.Read(connection => connection.Query<Row>("SELECT project, policy, set_by, changed FROM registry_policies ORDER BY project").Select(Read).ToList());

    /// <param name="project">Null: the platform's.</param>
    /// <returns>Null where there is none.</returns>
    public PolicyStatus? Find(string? project) => _database.Read(connection => Find(connection, project ?? Platform));

    /// <summary>Replaces the policy.</summary>
    /// <param name="project">Null: the platform's.</param>
    /// <exception cref="InvalidInputException">No project, or what can't be followed; every error of it.</exception>
    public Task<PolicyStatus> Set(string? project, DeployPolicy policy, Caller caller, CancellationToken cancel)
    {
        if (project is not null) ProjectScope.Parse(project);
        policy = policy with { Keys = [.. policy.Keys.Distinct()] };
        return _database.Write(
            connection =>
            {
                var wrong = Check(connection, project, policy).ToList();
                if (wrong.Count > 0) throw new InvalidInputException(wrong);
                connection.Execute(
                    """
                    INSERT INTO registry_policies (project, policy, set_by, changed) VALUES (@project, @policy, @by, @now)
                    ON CONFLICT (project) DO UPDATE SET policy = excluded.policy, set_by = excluded.set_by, changed = excluded.changed
                    """,
                    new
                    {
                        project = project ?? Platform,
                        policy = JsonSerializer.Serialize(policy, PolicyJson.Default.DeployPolicy),
                        by = caller.Name,
                        now = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
                    });
                Record(connection, caller, "change", project, $"{project ?? "platform"}: {policy}");
                return Find(connection, project ?? Platform)!;
            },
            cancel);
    }

    /// <param name="project">Null: the platform's.</param>
    /// <exception cref="NotFoundException">There is none.</exception>
    public Task Remove(string? project, Caller caller, CancellationToken cancel) => _database.Write(
        connection =>
        {
            if (connection.Execute("DELETE FROM registry_policies WHERE project = @project", new { project = project ?? Platform }) == 0)
                throw new NotFoundException(project is null ? "The platform has no policy." : $"The project {project} has no policy of its own.");
            Record(connection, caller, "delete", project, project ?? "platform");
        },
        cancel);

    /// <summary>What holds for a project's deploys: its own policy and the platform's, unless its own replaces that.</summary>
    internal IReadOnlyList<PolicyStatus> Effective(string project) => _database.Read(connection =>
    {
        var own = Find(connection, project);
        var platform = own?.Policy.ReplacesPlatform == true ? null : Find(connection, Platform);
        return (IReadOnlyList<PolicyStatus>)[.. new[] { own, platform }.OfType<PolicyStatus>()];
    });

    static IEnumerable<Diagnostic> Check(DbConnection connection, string? project, DeployPolicy policy)
    {
        if (!policy.RequireSignature && (policy.Keys.Count > 0 || policy.SameRepository))
            yield return Wrong("requireSignature", "false", "is not what keys or a repository ask for", "true, where keys are named or the repository is to be the same");
        if (project is null && policy.ReplacesPlatform) yield return Wrong("replacesPlatform", "true", "is for projects", "false in the platform's own policy");
        if (policy.Keys.Count > MaxKeys) yield return Wrong("keys", $"{policy.Keys.Count} keys", "are too many", $"at most {MaxKeys}");
        foreach (var key in policy.Keys.Take(MaxKeys).Where(key => key != TrustStore.Own))
        {
            // Else a wrong letter would only show when the next deploy is refused.
            var row = TrustRow.Find(connection, key);
            if (row is null) yield return Wrong("keys", key, "is no trusted key or certificate", "a name that 'slipway trust ls' shows; add it first with 'slipway trust add'");
            else if (row.Projects is not null && (project is null || !row.ProjectList.Contains(project)))
                yield return Wrong("keys", key, $"is trusted in {row.Projects} only", project is null ? "a key that is trusted in all projects" : $"a key that is trusted in {project}");
        }
    }

    static PolicyStatus? Find(DbConnection connection, string project) =>
        connection.QuerySingleOrDefault<Row>("SELECT project, policy, set_by, changed FROM registry_policies WHERE project = @project", new { project }) is { } row ? Read(row) : null;

    static PolicyStatus Read(Row row) => new()
    {
        Project = row.Project == Platform ? null : row.Project,
        Policy = JsonSerializer.Deserialize(row.Policy, (JsonTypeInfo<DeployPolicy>)Stored.GetTypeInfo(typeof(DeployPolicy)))!,
        SetBy = row.SetBy,
        Changed = DateTimeOffset.Parse(row.Changed, CultureInfo.InvariantCulture),
    };

    void Record(DbConnection connection, Caller caller, string action, string? project, string detail) =>
        _events.Record(connection, caller, new RegistryEvent { Action = action, Target = "policy", Detail = detail, Repository = project });

    static Diagnostic Wrong(string key, string found, string what, string expected) => new() { Message = $"'{found}' {what}", Key = key, Found = found, Expected = expected };

    sealed record Row
    {
        public string Project { get; init; } = "";

        public string Policy { get; init; } = "";

        public string SetBy { get; init; } = "";

        public string Changed { get; init; } = "";
    }
}
