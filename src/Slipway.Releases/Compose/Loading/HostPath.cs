namespace Slipway.Releases.Compose;

/// <summary>Paths of the person's machine as Compose files write them: ~ is the home folder, the rest counts from the file's folder.</summary>
static class HostPath
{
    public static string Resolve(string path, string folder, Variables variables)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
            path = (variables.Find("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)) + path[1..];
        var full = Path.GetFullPath(path, folder);
        return full.Length > 1 ? full.TrimEnd('/') : full;
    }
}
