using System.Buffers;

namespace Slipway.Gateway.Transport;

/// <summary>A piece of what a client sent. Its memory is borrowed from the first byte to the last one that is used.</summary>
sealed class InputSegment : ReadOnlySequenceSegment<byte>
{
    byte[] _array = [];

    public int End { get; private set; }

    public Span<byte> Room => _array.AsSpan(End);

    public InputSegment? Follower => (InputSegment?)Next;

    public bool IsFull => End == _array.Length;

    public void Begin(int size, InputSegment? before)
    {
        _array = ArrayPool<byte>.Shared.Rent(size);
        (End, Next, Memory) = (0, null, default);
        RunningIndex = before is null ? 0 : before.RunningIndex + before.End;
        if (before is not null) before.Next = this;
    }

    public void Add(int count)
    {
        End += count;
        Memory = _array.AsMemory(0, End);
    }

    public void Unlink() => Next = null;

    public void Release()
    {
        ArrayPool<byte>.Shared.Return(_array);
        (_array, End, Next, Memory) = ([], 0, null, default);
    }
}
