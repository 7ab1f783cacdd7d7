namespace Slipway.Server.Certificates;

/// <summary>Rung when the hosts or the certificates have changed; the keeper listens. Rings that come together are one.</summary>
sealed class CertificateBell : IDisposable
{
    readonly SemaphoreSlim _rung = new(0, 1);

    public void Ring()
    {
        try
        {
            _rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // It was rung already, and is not heard yet.
        }
    }

    public Task Wait(TimeSpan longest, CancellationToken cancel) => _rung.WaitAsync(longest, cancel);

    public void Dispose() => _rung.Dispose();
}
