using Slipway.Cli.Api;
using Slipway.Model;

namespace Slipway.Cli.Following;

/// <summary>
/// Reads a rollout's journal while it grows. A server that restarts in between is waited for: reading goes on after the last event seen.
/// </summary>
sealed class RolloutFollower(ApiClient api, IRolloutView view, TimeProvider time)
{
    /// <summary>How long a server that went away is waited for, and between two tries.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(250);

    static readonly TimeSpan Connected = TimeSpan.FromSeconds(2);

    long _next;
    RolloutState _state;
    int? _release;
    string? _message;
    DateTimeOffset? _switchBegan, _switchEnded;
    bool _shifted;
    long? _lostAt;

    /// <summary>Follows until the rollout has ended or is in a state that the caller waits for. Called again, it goes on after the last event seen.</summary>
    /// <param name="from">Index of the first event to show.</param>
    /// <exception cref="ServerUnavailableException">The connection was lost and no server came back within 60 s.</exception>
    public async Task<FollowEnd> Follow(Rollout rollout, long from, Func<RolloutState, bool> until, CancellationToken cancel)
    {
        (_next, _state, _release) = (Math.Max(from, _next), rollout.State, rollout.Release);
        while (true)
        {
            var attempt = time.GetTimestamp();
            try
            {
                await foreach (var entry in api.Events(rollout.Id, _next, follow: true, cancel))
                {
                    Take(entry.Index, entry.Event);
                    if (entry.Event is RolloutEvent.StateChanged && (_state.IsEnded || until(_state))) return End();
                }
                // The stream ended well, but not with an ended state: the end lay before where we began, or the server is going away.
                var now = await api.Rollout(rollout.Id, cancel);
                if (now.State.IsEnded || until(now.State))
                {
                    (_state, _release) = (now.State, now.Release ?? _release);
                    return End();
                }
                await Lost(attempt, null, cancel);
            }
            catch (ServerUnavailableException away)
            {
                await Lost(attempt, away, cancel);
            }
            catch (ApiException starting) when (starting.Problem.Status is 502 or 503)
            {
                await Lost(attempt, starting, cancel);
            }
        }
    }

    void Take(long index, RolloutEvent happened)
    {
        if (_lostAt is not null) view.Say("Connected again.");
        (_lostAt, _next) = (null, index + 1);
        if (happened is RolloutEvent.StateChanged changed)
        {
            _shifted |= changed.State == RolloutState.Shifting;
            // A shift ends in a promoting of its own, when the traffic has long gone over.
            if (changed.State is RolloutState.Promoting or RolloutState.Shifting) _switchBegan ??= changed.Time;
            else if (changed.State is RolloutState.Retaining or RolloutState.Done && _switchBegan is not null) _switchEnded ??= changed.Time;
            (_state, _release, _message) = (changed.State, changed.Release ?? _release, changed.Message);
        }
        view.Show(happened);
    }

    async Task Lost(long attempt, Exception? why, CancellationToken cancel)
    {
        if (time.GetElapsedTime(attempt) > Connected) _lostAt = null;
        if (_lostAt is null)
        {
            _lostAt = time.GetTimestamp();
            view.Say("The connection to the server was lost; the rollout goes on there. Connecting again ...");
        }
        else if (time.GetElapsedTime(_lostAt.Value) > Patience && why is not null)
        {
            throw why;
        }
        await Task.Delay(Pause, time, cancel);
    }

    FollowEnd End() => new(_state, _release, _switchEnded - _switchBegan, _shifted, _message);
}
