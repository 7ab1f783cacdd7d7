using Slipway.Model;

namespace Slipway.Cli.Following;

/// <summary>
/// Shows a rollout as it goes on: line by line to a file or pipe, or with moving lines on a terminal. One rollout's life long;
/// called by one caller at a time; disposing leaves the cursor below what was shown.
/// </summary>
interface IRolloutView : IAsyncDisposable
{
    void Show(RolloutEvent happened);

    /// <summary>A line of the CLI's own.</summary>
    void Say(string line);
}
