using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Slipway.Model;

namespace Slipway.Gateway.Policies;

/// <summary>Changes to the headers of instances' answers.</summary>
sealed class ResponseHeaderEdits(HeaderChanges source)
{
    readonly string[] _removed = [.. source.Remove];
    readonly (string Name, StringValues Value)[] _set = [.. source.Set.Select(h => (h.Key, new StringValues(h.Value)))];

    public void Apply(IHeaderDictionary headers)
    {
        foreach (var name in _removed) headers.Remove(name);
        foreach (var (name, value) in _set) headers[name] = value;
    }
}
