using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Names;

namespace Slipway.Registry.Rules.Retention;

/// <summary>Applies the retention policies of projects. Thread-safe; runs of one project at the same time do no harm.</summary>
public sealed class ProjectRetention
{
    const int MaxTagsKept = 10_000;
    const int RunsKept = 100;

    readonly Database.Database _database;
    readonly RetentionRemoval _removal;
    readonly ImmutableTags _immutable;
    readonly ImageUses _uses;
    readonly EventLog _events;
    readonly TimeProvider _time;

    internal ProjectRetention(Database.Database database, RetentionRemoval removal, ImmutableTags immutable, ImageUses uses, EventLog events, TimeProvider time) =>
        (_database, _removal, _immutable, _uses, _events, _time) = (database, removal, immutable, uses, events, time);

    /// <summary>Says of every tag whether it stays and why; removes nothing.</summary>
    /// <param name="policy">One to try; null: the project's.</param>
    /// <exception cref="NotFoundException">The project has no policy.</exception>
    /// <exception cref="InvalidInputException">No project, or a policy that can't be followed.</exception>
    public RetentionReport Try(string project, RetentionPolicy? policy)
    {
        policy = PolicyOf(project, policy);
        var (repositories, gone) = (new List<RepositoryRetention>(), new List<long>());
        foreach (var (id, name) in Repositories(project))
        {
            var (snapshot, outcome) = Decide(policy, id, name);
            gone.AddRange(outcome.Gone.Select(manifest => manifest.Id));
            repositories.Add(Of(snapshot, outcome.Tags, outcome.Gone.Count));
        }
        return Report(project, repositories, dryRun: true, _database.Read(connection => FreedBytes.Of(connection, gone)));
    }

    /// <summary>Removes what the project's policy does not keep, and records the run with its report.</summary>
    /// <exception cref="NotFoundException">The project has no policy.</exception>
    public async Task<RetentionRun> Run(string project, Caller caller, CancellationToken cancel)
    {
        var policy = PolicyOf(project, null);
        var started = _time.GetUtcNow();
        var run = await _database.Write(
            connection => connection.ExecuteScalar<long>(
                "INSERT INTO registry_retention_runs (project, actor, started) VALUES (@project, @actor, @started) RETURNING id",
                new { project, actor = caller.Name, started = Text(started) }),
            cancel);
        var (repositories, tagsKept, freed) = (new List<RepositoryRetention>(), 0L, 0L);
        foreach (var (id, name) in Repositories(project))
        {
            var (snapshot, outcome) = Decide(policy, id, name);
            freed += _database.Read(connection => FreedBytes.Of(connection, [.. outcome.Gone.Select(manifest => manifest.Id)]));
            var (tags, manifests) = await _removal.Remove(snapshot, outcome, caller, cancel);
            tagsKept += outcome.Tags.Count - tags.Count;
            if (tags.Count > 0 || manifests > 0) repositories.Add(Of(snapshot, tags, manifests));
        }
        var report = Report(project, repositories, dryRun: false, freed) with { TagsKept = tagsKept };
        var ended = _time.GetUtcNow();
        await _database.Write(
            connection =>
            {
                connection.Execute(
                    "UPDATE registry_retention_runs SET ended = @ended, report = @report WHERE id = @run",
                    new { run, ended = Text(ended), report = JsonSerializer.Serialize(Shortened(report), RetentionJson.Default.RetentionReport) });
                connection.Execute(
                    """
                    DELETE FROM registry_retention_runs WHERE project = @project AND id <= (
                        SELECT id FROM registry_retention_runs WHERE project = @project ORDER BY id DESC LIMIT 1 OFFSET @kept)
                    """,
                    new { project, kept = RunsKept });
                if (report is { TagsRemoved: 0, ManifestsRemoved: 0 }) return;
                _events.Record(connection, caller, new RegistryEvent
                {
                    Action = "delete", Target = "retention", Size = report.FreedBytes,
                    Detail = string.Create(CultureInfo.InvariantCulture, $"{project}: {report.TagsRemoved} tags and {report.ManifestsRemoved} manifests removed"),
                });
            },
            CancellationToken.None);
        return new RetentionRun { Id = run, Actor = caller.Name, Started = started, Ended = ended, Report = report };
    }

    /// <summary>The last runs, newest first.</summary>
    public IReadOnlyList<RetentionRun> Runs(string project, int limit = RunsKept) => _database.Read(connection => connection.Query<RunRow>(
            "SELECT id, actor, started, ended, report FROM registry_retention_runs WHERE project = @project ORDER BY id DESC LIMIT @limit",
            new { project = ProjectScope.Parse(project), limit })
        .Select(row => new RetentionRun
        {
            Id = row.Id,
            Actor = row.Actor,
            Started = Time(row.Started),
            Ended = row.Ended is null ? null : Time(row.Ended),
            Report = row.Report is null ? null : JsonSerializer.Deserialize(row.Report, RetentionJson.Default.RetentionReport),
        }).ToList());

    RetentionPolicy PolicyOf(string project, RetentionPolicy? policy)
    {
        ProjectScope.Parse(project);
        if (policy is null)
            return _database.Read(connection => RetentionRow.Find(connection, project))?.Read() ?? throw new NotFoundException($"The project {project} has no retention policy: nothing expires.");
        var wrong = policy.Check(project).OfType<Diagnostic>().ToList();
        return wrong.Count == 0 ? policy : throw new InvalidInputException(wrong);
    }

    List<(long Id, RepositoryName Name)> Repositories(string project) => _database.Read(connection => connection
        .Query<(long Id, string Name)>($"SELECT r.id, r.name FROM registry_repositories r WHERE {ProjectScope.Sql} ORDER BY r.name", ProjectScope.Of(project))
        .Select(row => (row.Id, RepositoryName.TryParse(row.Name, out var name) ? name : throw new InvalidDataException($"The database holds a repository '{row.Name}'."))).ToList());

    (RepositorySnapshot Snapshot, RetentionOutcome Outcome) Decide(RetentionPolicy policy, long id, RepositoryName name)
    {
        var snapshot = _database.Read(connection => RepositorySnapshot.Load(connection, id, name, _immutable, _uses));
        return (snapshot, RetentionDecision.Decide(policy, snapshot, _time.GetUtcNow()));
    }

    static RepositoryRetention Of(RepositorySnapshot repository, IReadOnlyList<TagVerdict> tags, long manifests)
    {
        var digests = repository.Manifests.ToDictionary(manifest => manifest.Id, manifest => manifest.Digest);
        return new RepositoryRetention
        {
            Repository = repository.Name.Value,
            ManifestsRemoved = manifests,
            Tags = [.. tags.Select(verdict => new TagRetention(verdict.Tag.Name, digests[verdict.Tag.ManifestId], verdict.Keeps, verdict.Reason))],
        };
    }

    static RetentionReport Report(string project, IReadOnlyList<RepositoryRetention> repositories, bool dryRun, long freed) => new()
    {
        Project = project,
        DryRun = dryRun,
        TagsKept = repositories.Sum(repository => repository.Tags.LongCount(tag => tag.Keeps)),
        TagsRemoved = repositories.Sum(repository => repository.Tags.LongCount(tag => !tag.Keeps)),
        ManifestsRemoved = repositories.Sum(repository => repository.ManifestsRemoved),
        FreedBytes = freed,
        Repositories = repositories,
    };

    static RetentionReport Shortened(RetentionReport report)
    {
        var left = MaxTagsKept;
        return report with
        {
            Repositories = [.. report.Repositories.Select(repository =>
            {
                var tags = repository.Tags.Take(left).ToList();
                left -= tags.Count;
                return repository with { Tags = tags };
            })],
        };
    }

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed record RunRow
    {
        public long Id { get; init; }

        public string Actor { get; init; } = "";

        public string Started { get; init; } = "";

        public string? Ended { get; init; }

        public string? Report { get; init; }
    }
}
