using Slipway.Model;
using Slipway.Registry.Mirroring;
using Slipway.Registry.Names;

namespace Slipway.Registry.Rules;

/// <summary>A project in names and in SQL: the repository of its name and all below it.</summary>
static class ProjectScope
{
    /// <summary>A condition on registry_repositories r, with the parameters of <see cref="Of(string)"/>.</summary>
    public const string Sql = "(r.name = @Project OR (r.name >= @First AND r.name < @End))";

    public static string Of(RepositoryName repository) => repository.Value.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? repository.Value[..slash] : repository.Value;

    /// <summary>'0' comes right after '/'.</summary>
    public static ScopeParameters Of(string project) => new(project, project + "/", project + "0");

    /// <exception cref="InvalidInputException">The text is no project's name.</exception>
    public static string Parse(string text) => RepositoryName.TryParse(text, out _) && !text.Contains('/', StringComparison.Ordinal) ? text
        : throw new InvalidInputException(new Diagnostic { Message = $"'{text}' is no project", Key = "project", Found = text, Expected = "the first segment of a repository's name: guestbook of guestbook/web" });

    /// <summary>What is wrong with a pattern of a project's repositories, or null.</summary>
    public static Diagnostic? CheckRepositories(string project, string pattern, string key) =>
        CheckPattern(pattern, key) ?? (pattern == project || pattern.StartsWith(project + "/", StringComparison.Ordinal) || pattern[0] is '*' or '{' ? null
            : new Diagnostic { Message = $"'{pattern}' matches no repository of the project {project}", Key = key, Found = pattern, Expected = $"a pattern of whole names: {project}/web, {project}/*, **" });

    public static Diagnostic? CheckPattern(string pattern, string key) => NamePattern.TryParse(pattern) is not null ? null
        : new Diagnostic { Message = $"'{pattern}' is no pattern", Key = key, Found = pattern, Expected = NamePattern.Rule };
}

sealed record ScopeParameters(string Project, string First, string End);
