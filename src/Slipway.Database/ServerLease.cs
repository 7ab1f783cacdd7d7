namespace Slipway.Database;

/// <summary>A lock between servers, had until it is disposed of, the process ends, or the database loses sight of it. For one caller at a time.</summary>
public abstract class ServerLease : IDisposable
{
    /// <summary>
    /// Asks the database whether the lock is still had. To be asked every second or two: a holder that keeps silent for
    /// <see cref="Silence"/> (because it is frozen, or its machine is gone) loses it.
    /// </summary>
    public abstract bool IsHeld();

    /// <summary>How long a holder may keep silent. Default: 10 seconds.</summary>
    public static TimeSpan Silence { get; } = TimeSpan.FromSeconds(10);

    public abstract void Dispose();

    /// <summary>Of a database that no other server has.</summary>
    internal sealed class Sole : ServerLease
    {
        public override bool IsHeld() => true;

        public override void Dispose()
        {
        }
    }
}
