using System.Collections.Frozen;
using System.Text;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>Changes to the headers that instances get: names that are left out, and lines that are written in their place.</summary>
sealed class RequestHeaderEdits
{
    readonly FrozenSet<string> _dropped;

    public RequestHeaderEdits(HeaderChanges source)
    {
        _dropped = source.Remove.Concat(source.Set.Keys).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        Lines = Encoding.Latin1.GetBytes(string.Concat(source.Set.Select(h => $"{h.Key}: {h.Value}\r\n")));
    }

    public byte[] Lines { get; }

    public bool Drops(string name) => _dropped.Contains(name);
}
