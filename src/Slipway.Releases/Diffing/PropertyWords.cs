using System.Text;
using Slipway.Model;

namespace Slipway.Releases.Diffing;

/// <summary>From properties of the model to the keys that a person wrote in the Compose file.</summary>
static class PropertyWords
{
    /// <summary>Where the Compose file has another word than the property, or has its value at another place; empty: the level is left out.</summary>
    static readonly Dictionary<string, string> Container = new()
    {
        ["workingDirectory"] = "working_dir",
        ["domainName"] = "domainname",
        ["healthCheck"] = "healthcheck",
        ["securityOptions"] = "security_opt",
        ["dnsOptions"] = "dns_opt",
        ["logDriver"] = "logging.driver",
        ["logOptions"] = "logging.options",
        ["resources"] = "",
        ["cpuLimit"] = "cpus",
        ["cpuSet"] = "cpuset",
        ["memoryLimit"] = "mem_limit",
        ["memoryReservation"] = "mem_reservation",
        ["memorySwapLimit"] = "memswap_limit",
        ["oomScoreAdjust"] = "oom_score_adj",
        ["kind"] = "",
    };

    static readonly Dictionary<string, string> Release = new()
    {
        ["hosts"] = "host",
        ["canary"] = "",
        ["route"] = "",
        ["requestHeaders"] = "headers.request",
        ["responseHeaders"] = "headers.response",
        ["basicAuth"] = "auth",
        ["webSockets"] = "websockets",
        ["redirects"] = "redirect",
        ["mode"] = "",
        ["ownCertificate"] = "certificate",
    };

    /// <summary>The file has the properties inside at the level above.</summary>
    public static bool HasNoKey(ChangeKind kind, string property) => (kind == ChangeKind.Release ? Release : Container).TryGetValue(property, out var word) && word.Length == 0;

    /// <param name="isOwn">The name is the person's own, in a dictionary.</param>
    public static string Path(ChangeKind kind, string path, string property, bool isOwn)
    {
        var words = kind == ChangeKind.Release ? Release : Container;
        var word = isOwn ? property : words.TryGetValue(property, out var known) ? known : Lower(property, kind == ChangeKind.Release ? '-' : '_');
        // hsts and certificate stand beside https in the file.
        if (kind == ChangeKind.Release && path.EndsWith(".https", StringComparison.Ordinal) && word.Length > 0) path = path[..^".https".Length];
        return word.Length == 0 ? path : path.Length == 0 ? word : $"{path}.{word}";
    }

    static string Lower(string property, char between)
    {
        var text = new StringBuilder();
        foreach (var c in property)
            if (char.IsAsciiLetterUpper(c)) text.Append(between).Append(char.ToLowerInvariant(c));
            else text.Append(c);
        return text.ToString();
    }
}
