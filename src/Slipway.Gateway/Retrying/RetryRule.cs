using System.Collections.Frozen;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Retrying;

/// <summary>Which of a route's requests are sent once more.</summary>
sealed class RetryRule(RetryPolicy source, RetryBudget budget)
{
    readonly FrozenSet<string> _methods = source.Methods.ToFrozenSet(StringComparer.Ordinal);
    readonly FrozenSet<int> _statuses = source.Statuses.ToFrozenSet();

    public RetryPolicy Source { get; } = source;

    public RetryBudget Budget { get; } = budget;

    public bool Holds(int status) => _statuses.Contains(status);

    /// <summary>A request comes. Null: it is of none that may be sent once more.</summary>
    public RetryState? Begin(Exchange exchange, Switchboard switchboard, string host)
    {
        Budget.Count();
        if (exchange.HasBody || !_methods.Contains(exchange.Request.Method)) return null;
        var state = exchange.KeptRetry ??= new RetryState(switchboard);
        state.Begin(this, host);
        return state;
    }
}
