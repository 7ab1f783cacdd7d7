using System.Text.Json;
using Microsoft.Extensions.Logging;
using Slipway.Gateway.Control;
using Slipway.Model;

namespace Slipway.Gateway.Certificates;

/// <summary>The last certificates on disk, 0600, so that a gateway that starts alone speaks TLS at once.</summary>
sealed partial class CertificateStore(GatewayOptions options, ILogger<CertificateStore> log)
{
    /// <summary>The stored ones; none where there are none, or where what is there can't be read (it is kept aside as certificates.json.broken).</summary>
    public CertificateSet Load()
    {
        try
        {
            using var file = File.OpenRead(options.CertificateFile);
            return JsonSerializer.Deserialize(file, ModelJson.Default.CertificateSet) ?? throw new JsonException("null is no set of certificates");
        }
        catch (FileNotFoundException)
        {
            return CertificateSet.Empty;
        }
        catch (JsonException broken)
        {
            SetAside(broken);
            return CertificateSet.Empty;
        }
    }

    public void SetAside(Exception reason)
    {
        var aside = options.CertificateFile + ".broken";
        File.Move(options.CertificateFile, aside, overwrite: true);
        // Not its message: it may show a piece of a key.
        LogBroken(options.CertificateFile, aside, reason.GetType().Name);
    }

    /// <summary>When this returns, a power cut loses nothing.</summary>
    public void Save(CertificateSet set)
    {
        var temporary = options.CertificateFile + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            JsonSerializer.Serialize(file, set, ModelJson.Default.CertificateSet);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, options.CertificateFile, overwrite: true);
        FolderSync.Flush(options.Folder);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} holds no certificates ({Reason}). It is kept as {Aside}; the gateway serves no TLS until the server sends some.")]
    partial void LogBroken(string file, string aside, string reason);
}
