using Slipway.Model;

namespace Slipway.Gateway.Breaking;

/// <summary>Whose breaker it is, for the report.</summary>
sealed record CompiledBreaker(Breaker Breaker, AppName App, string Service, int Release, bool IsPreview)
{
    public BreakerTraffic Read()
    {
        var (state, opened, refused) = Breaker.Read();
        return new BreakerTraffic
        {
            App = App,
            Service = Service,
            Release = Release,
            IsPreview = IsPreview,
            State = state switch { BreakerState.Open => "open", BreakerState.HalfOpen => "half-open", _ => "closed" },
            Opened = opened,
            Refused = refused,
        };
    }
}
