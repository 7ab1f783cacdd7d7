using System.Buffers;

namespace Slipway.Gateway.Forwarding;

/// <summary>Where a request's head is written; grows as needed.</summary>
class HeadBuffer
{
    public const int SmallBuffer = 8 * 1024;

    public byte[] Out = ArrayPool<byte>.Shared.Rent(SmallBuffer);

    public byte[] GrowOut(int used, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Out.Length * 2, used + needed));
        Out.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Out);
        return Out = larger;
    }

    public void ReturnOut()
    {
        ArrayPool<byte>.Shared.Return(Out);
        Out = [];
    }
}
