namespace Slipway.Gateway.Forwarding;

/// <summary>What a request waits for at an instance, ended from another thread when its client goes away. Aborting twice, or what has ended, does nothing.</summary>
interface IUpstreamCall
{
    void Abort();
}
