using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Releases.Previewing;

/// <summary>Which preview a model is made for, and from which folder.</summary>
sealed record PreviewPlace
{
    public required AppName Of { get; init; }

    public required PreviewName Name { get; init; }

    /// <summary>The folder of the Compose file, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>What its own secrets are derived from; null where the model is only looked at.</summary>
    public byte[]? Key { get; init; }

    public AppName App => Name.AppOf(Of);

    /// <summary>Random to everybody else, and the same in each deploy of the preview: a database keeps the password that it was made with.</summary>
    public string Secret(string name) => Convert.ToHexStringLower(HMACSHA256.HashData(Key ?? [], Encoding.UTF8.GetBytes(name)))[..32];

    /// <summary>Whether a path of this machine lies in the folder, links followed.</summary>
    public bool Holds(string path)
    {
        var (real, folder) = (Real(path), Real(Folder));
        return real == folder || real.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);
    }

    static string Real(string path)
    {
        var real = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            try
            {
                if (new FileInfo(real).ResolveLinkTarget(returnFinalTarget: true) is { } target) real = target.FullName;
            }
            catch (IOException)
            {
                // A circle of links: leads nowhere, and what leads nowhere is mounted as it is called.
            }
        }
        return real;
    }
}
