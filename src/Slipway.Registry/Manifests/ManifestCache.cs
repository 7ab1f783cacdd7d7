using Slipway.Registry.Names;

namespace Slipway.Registry.Manifests;

/// <summary>
/// Manifests by repository and tag or digest, least recently used out first, bounded in bytes. Thread-safe.
/// <para>
/// It never brings back what a write has replaced: a reader takes <see cref="Version"/> before it asks the database, and what it found is kept only
/// if nothing was forgotten in the meantime.
/// </para>
/// </summary>
sealed class ManifestCache(long maxBytes)
{
    /// <summary>Bytes that an entry costs beside its content, about: keys, nodes, the record.</summary>
    const int Overhead = 512;

    readonly Lock _lock = new();
    readonly Dictionary<(RepositoryName, string), LinkedListNode<Entry>> _entries = [];
    readonly LinkedList<Entry> _byUse = new();
    long _bytes;
    long _version;

    public long Version => Volatile.Read(ref _version);

    /// <summary>Bytes held now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public StoredManifest? Find(RepositoryName repository, string reference)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((repository, reference), out var node)) return null;
            if (_byUse.First != node)
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }
            return node.Value.Manifest;
        }
    }

    public void Keep(RepositoryName repository, string reference, StoredManifest manifest, long version)
    {
        var cost = manifest.Content.Length + Overhead;
        if (cost > maxBytes / 4) return;
        lock (_lock)
        {
            if (version != _version || _entries.ContainsKey((repository, reference))) return;
            _entries[(repository, reference)] = _byUse.AddFirst(new Entry(repository, reference, manifest, cost));
            _bytes += cost;
            while (_bytes > maxBytes) Remove(_byUse.Last!);
        }
    }

    public void Forget(RepositoryName repository, IEnumerable<string> references)
    {
        lock (_lock)
        {
            _version++;
            foreach (var reference in references)
                if (_entries.TryGetValue((repository, reference), out var node)) Remove(node);
        }
    }

    void Remove(LinkedListNode<Entry> node)
    {
        _entries.Remove((node.Value.Repository, node.Value.Reference));
        _byUse.Remove(node);
        _bytes -= node.Value.Cost;
    }

    sealed record Entry(RepositoryName Repository, string Reference, StoredManifest Manifest, int Cost);
}
