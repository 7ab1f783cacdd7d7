using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Matching;

/// <summary>One match as requests are compared with it: the cheapest conditions first, and no memory but where an escaped query has to be decoded.</summary>
sealed class CompiledMatch
{
    readonly string[]? _methods;
    readonly string? _prefix;
    readonly Regex? _path;
    readonly CompiledValue[] _headers, _query, _cookies;
    readonly Networks? _addresses;
    readonly string[]? _languages;

    /// <exception cref="InvalidInputException">Never: <see cref="MatchChecks"/> has looked before.</exception>
    public CompiledMatch(RequestMatch source)
    {
        if (source.Methods.Count > 0) _methods = [.. source.Methods];
        if (source.Path is { } path && path.Contains('*', StringComparison.Ordinal)) _path = MatchPattern.CompilePath(path);
        else _prefix = source.Path?.TrimEnd('/');
        (_headers, _query, _cookies) = (Compile(source.Headers), Compile(source.Query), Compile(source.Cookies));
        if (source.Addresses.Count > 0) _addresses = Networks.Parse(source.Addresses);
        if (source.Languages.Count > 0) _languages = [.. source.Languages];
    }

    public bool Holds(Exchange exchange)
    {
        var request = exchange.Request;
        if (_methods is not null && Array.IndexOf(_methods, request.Method) < 0) return false;
        if (_prefix is not null && !PathPrefix.Covers(_prefix, request.Path)) return false;
        foreach (var header in _headers)
            if (!HoldsHeader(header, request.Headers[header.Name])) return false;
        if (_addresses is not null && !_addresses.Contain(exchange.Client)) return false;
        foreach (var cookie in _cookies)
            if (!Cookies.Hold(cookie, request.Headers.Cookie)) return false;
        foreach (var parameter in _query)
            if (!Query.Holds(parameter, request.QueryString)) return false;
        if (_languages is not null && !Languages.Prefers(request.Headers.AcceptLanguage, _languages)) return false;
        return _path is null || IsMatch(_path, request.Path);
    }

    static CompiledValue[] Compile(IReadOnlyList<ValueCondition> values) => [.. values.Select(v => new CompiledValue(v))];

    static bool HoldsHeader(CompiledValue header, StringValues values)
    {
        foreach (var value in values)
            if (value is not null && header.Is(value)) return !header.Absent;
        return header.Absent;
    }

    internal static bool IsMatch(Regex regex, ReadOnlySpan<char> text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
