using Slipway.Server.Api;

namespace Slipway.Cli.Api;

/// <summary>The server answered, and said no. Its words are for people.</summary>
sealed class ApiException(Problem problem) : Exception(problem.Detail ?? problem.Title)
{
    public Problem Problem { get; } = problem;
}
