using System.Buffers.Binary;
using Slipway.Gateway.Tunnels;

namespace Slipway.Gateway.Tests.Tunnels;

public sealed class FrameTrackerTests
{
    const byte Text = 0x81, Begin = 0x01, More = 0x00, Last = 0x80, Ping = 0x89, Close = 0x88;

    [Fact]
    public void Advance_ByteByByte_KnowsEveryBoundary()
    {
        var (stream, ends) = Build((Text, 0, true), (Begin, 5, true), (Ping, 3, false), (More, 200, false), (Last, 70_000, true), (Text, 125, false));
        var tracker = new FrameTracker();

        var found = new List<int>();
        for (var i = 0; i < stream.Length; i++)
        {
            tracker.Advance(stream.AsSpan(i, 1));
            if (tracker.IsBetweenMessages) found.Add(i + 1);
        }

        // Not behind the ping and the pieces: their message goes on.
        found.ShouldBe([ends[0], ends[4], ends[5]]);
        tracker.IsLost.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(200_000)]
    public void AdvanceToBoundary_HoweverCut_StopsBehindTheMessage(int cut)
    {
        var (stream, ends) = Build((Begin, 100_000, true), (Last, 300, true), (Text, 10, true));
        var tracker = new FrameTracker();
        tracker.Advance(stream.AsSpan(0, 3));

        var at = 3;
        while (!tracker.IsBetweenMessages) at += tracker.AdvanceToBoundary(stream.AsSpan(at, Math.Min(cut, stream.Length - at)));

        at.ShouldBe(ends[1]);
    }

    [Fact]
    public void HasClosed_Close_IsSeen()
    {
        var (stream, _) = Build((Text, 4, true), (Close, 2, true));
        var tracker = new FrameTracker();
        tracker.HasClosed.ShouldBeFalse();

        tracker.Advance(stream);

        tracker.HasClosed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(More)]
    [InlineData((byte)0x08)]
    public void IsLost_NoWebSocketsFrame_IsSaidAndNoBoundaryIsGuessed(byte first)
    {
        var tracker = new FrameTracker();

        tracker.Advance([first, 0]);

        tracker.IsLost.ShouldBeTrue();
        tracker.IsBetweenMessages.ShouldBeFalse();
    }

    static (byte[] Stream, List<int> Ends) Build(params (byte First, int Length, bool Masked)[] frames)
    {
        var (stream, ends) = (new List<byte>(), new List<int>());
        foreach (var (first, length, masked) in frames)
        {
            var mask = masked ? 0x80 : 0;
            stream.Add(first);
            if (length < 126) stream.Add((byte)(mask | length));
            else if (length <= ushort.MaxValue) stream.AddRange([(byte)(mask | 126), (byte)(length >> 8), (byte)length]);
            else
            {
                var size = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(size, length);
                stream.AddRange([(byte)(mask | 127), .. size]);
            }
            if (masked) stream.AddRange([1, 2, 3, 4]);
            // What looks like headers.
            stream.AddRange(Enumerable.Repeat(Close, length));
            ends.Add(stream.Count);
        }
        return ([.. stream], ends);
    }
}
