using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>deploy.restart_policy</c>, else <c>restart</c>.</summary>
static class RestartReader
{
    public static RestartModel Read(Field service)
    {
        var restart = Short(service["restart"]);
        var policy = service["deploy"]["restart_policy"];
        if (policy.IsMissing) return restart;
        var word = policy["condition"].Text() ?? "any";
        RestartKind? kind = word switch
        {
            "any" => RestartKind.Always,
            "on-failure" => RestartKind.OnFailure,
            "none" => RestartKind.No,
            _ => null,
        };
        if (kind is null) policy["condition"].Error($"the condition '{word}' is not known", "none, on-failure or any");
        return new RestartModel { Kind = kind, MaxRetries = kind == RestartKind.OnFailure ? policy["max_attempts"].Int(0, int.MaxValue) : null };
    }

    static RestartModel Short(Field restart)
    {
        switch (restart.Text())
        {
            case null or "":
                return new RestartModel();
            case "no" or "false":
                return new RestartModel { Kind = RestartKind.No };
            case "always":
                return new RestartModel { Kind = RestartKind.Always };
            case "unless-stopped":
                return new RestartModel { Kind = RestartKind.UnlessStopped };
            case "on-failure":
                return new RestartModel { Kind = RestartKind.OnFailure };
            case var text when text.StartsWith("on-failure:", StringComparison.Ordinal) && int.TryParse(text[11..], NumberStyles.None, CultureInfo.InvariantCulture, out var retries):
                return new RestartModel { Kind = RestartKind.OnFailure, MaxRetries = retries };
            case var text:
                restart.Error($"'{text}' is no restart policy", "no, always, unless-stopped, on-failure or on-failure:COUNT");
                return new RestartModel();
        }
    }
}
