using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>Host names of routes (RFC 1123, section 2.1).</summary>
static class HostNames
{
    /// <summary>SERVICE.APP.localhost, which every browser takes to this machine (RFC 6761, section 6.3).</summary>
    public static string Default(string service, AppName app)
    {
        var label = Label(service);
        return label.Length == 0 ? $"{app}.localhost" : $"{label}.{app}.localhost";
    }

    /// <summary>The nearest label to a service's name; empty where nothing is left of it.</summary>
    public static string Label(string service)
    {
        var label = new string([.. service.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        return label.Length > 63 ? label[..63].TrimEnd('-') : label;
    }

    public static bool IsValid(string host) => host.Length is > 0 and <= 253 && host.Split('.').All(IsLabel);

    /// <summary>A name, or *.NAME for every name below it.</summary>
    public static bool IsPattern(string host) => IsValid(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host);

    static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
