namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>A proof that the gateways give: what is open is told to them, and taken back by not being open any more.</summary>
/// <param name="open">What the authority is to find.</param>
/// <param name="publish">Gives the gateways what is open, and returns when they have it.</param>
abstract class GatewayProof(OpenChallenges open, Func<CancellationToken, Task> publish) : HostProof
{
    protected abstract void Open(OpenChallenges open, string host, string token, string authorization);

    public sealed override Task Show(string host, string token, string authorization, CancellationToken cancel)
    {
        Open(open, host, token, authorization);
        return publish(cancel);
    }

    public sealed override Task Withdraw(string host)
    {
        open.Close(host);
        return Task.CompletedTask;
    }
}
