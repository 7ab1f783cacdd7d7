namespace Slipway.Gateway.Sites;

/// <summary>
/// Small files that are asked for, kept in memory so that most requests wait for no disk. Bounded; where it is full, what was not asked for since the last
/// look goes first (second chance). A request that finds a file in memory takes no lock.
/// </summary>
/// <param name="budget">Bytes in all.</param>
sealed class HotFiles(long budget)
{
    /// <summary>Larger ones are read as they are sent.</summary>
    public const int Largest = 256 * 1024;

    readonly Lock _gate = new();
    readonly Queue<Representation> _kept = new();
    long _bytes;

    public long Bytes
    {
        get { lock (_gate) return _bytes; }
    }

    public bool Takes(Representation file) => file.Length <= Largest && file.Length <= budget / 4;

    public void Keep(Representation file, byte[] content)
    {
        lock (_gate)
        {
            if (file.Content is not null) return;
            while (_bytes + content.Length > budget && _kept.TryDequeue(out var oldest))
            {
                if (oldest.Content is null) continue;
                if (oldest.WasUsed)
                {
                    oldest.WasUsed = false;
                    _kept.Enqueue(oldest);
                    continue;
                }
                Drop(oldest);
            }
            if (_bytes + content.Length > budget) return;
            file.Content = content;
            _bytes += content.Length;
            _kept.Enqueue(file);
        }
    }

    public void Forget(IEnumerable<SiteEntry> entries)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                Drop(entry.Plain);
                Drop(entry.Brotli);
                Drop(entry.Gzip);
            }
            // Those without content are of no use in the queue, and would keep their sites alive.
            var rest = _kept.Where(f => f.Content is not null).ToList();
            _kept.Clear();
            foreach (var file in rest) _kept.Enqueue(file);
        }
    }

    void Drop(Representation? file)
    {
        if (file?.Content is not { } content) return;
        _bytes -= content.Length;
        file.Content = null;
    }
}
