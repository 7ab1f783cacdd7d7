using Microsoft.AspNetCore.StaticFiles;

namespace Slipway.Gateway.Sites;

/// <summary>Content-Type by a file's extension; text is UTF-8.</summary>
static class ContentTypes
{
    const string Unknown = "application/octet-stream";

    static readonly FileExtensionContentTypeProvider Known = new()
    {
        Mappings =
        {
            [".avif"] = "image/avif",
            [".cjs"] = "text/javascript",
            [".js"] = "text/javascript",
            [".map"] = "application/json",
            [".md"] = "text/markdown",
            [".mjs"] = "text/javascript",
            [".wasm"] = "application/wasm",
            [".webmanifest"] = "application/manifest+json",
            [".yaml"] = "application/yaml",
            [".yml"] = "application/yaml",
        },
    };

    public static string Of(string path)
    {
        // Without an extension by its makers' will, and looked at by its type.
        if (path.EndsWith("/apple-app-site-association", StringComparison.Ordinal)) return "application/json";
        return !Known.TryGetContentType(path, out var type) ? Unknown
            : type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8"
            : type;
    }
}
