using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;

namespace Slipway.Registry.Rules.Retention;

/// <summary>A project's policy as it is stored.</summary>
sealed record RetentionRow
{
    public string Project { get; init; } = "";

    public string Policy { get; init; } = "";

    public string? NextRun { get; init; }

    public DateTimeOffset? Next => NextRun is null ? null : DateTimeOffset.Parse(NextRun, CultureInfo.InvariantCulture);

    public RetentionPolicy Read() => JsonSerializer.Deserialize(Policy, RetentionJson.Default.RetentionPolicy)!;

    public static RetentionRow? Find(DbConnection connection, string project) => connection.QuerySingleOrDefault<RetentionRow>(
        "SELECT project, policy, next_run FROM registry_retention WHERE project = @project", new { project });

    public static bool IsAnyDue(DbConnection connection, DateTimeOffset now) =>
        connection.ExecuteScalar<long?>("SELECT 1 FROM registry_retention WHERE next_run <= @now LIMIT 1", new { now = Text(now) }) is not null;

    /// <summary>The policies whose time has come, each moved on to its next time: who has moved it on runs it. Only inside a write.</summary>
    public static IReadOnlyList<string> TakeDue(DbConnection connection, DateTimeOffset now)
    {
        var due = connection.Query<RetentionRow>(
            "SELECT project, policy, next_run FROM registry_retention WHERE next_run <= @now ORDER BY next_run", new { now = Text(now) }).AsList();
        foreach (var row in due)
            connection.Execute("UPDATE registry_retention SET next_run = @next WHERE project = @project", new { project = row.Project, next = NextText(row.Read(), now) });
        return [.. due.Select(row => row.Project)];
    }

    /// <summary>The next full hour of the day that the policy names, after now.</summary>
    public static string? NextText(RetentionPolicy policy, DateTimeOffset now)
    {
        if (policy.Hour is not { } hour) return null;
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddHours(hour);
        return Text(today > now ? today : today.AddDays(1));
    }

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}
