using System.Text.Json;
using Microsoft.Extensions.Logging;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>The last table on disk, so that a gateway that starts alone serves at once.</summary>
sealed partial class TableStore(GatewayOptions options, ILogger<TableStore> log)
{
    /// <summary>The stored table; an empty one where there is none, or where what is there can't be read (it is kept aside as table.json.broken).</summary>
    public RouteTable Load()
    {
        try
        {
            using var file = File.OpenRead(options.TableFile);
            return TableReader.Read(file);
        }
        catch (FileNotFoundException)
        {
            return RouteTable.Empty;
        }
        catch (JsonException broken)
        {
            SetAside(broken);
            return RouteTable.Empty;
        }
    }

    public void SetAside(Exception reason)
    {
        var aside = options.TableFile + ".broken";
        File.Move(options.TableFile, aside, overwrite: true);
        LogBroken(options.TableFile, aside, reason.Message);
    }

    /// <summary>When this returns, a power cut loses nothing: the file is synced before the rename, and the folder after it.</summary>
    public void Save(RouteTable table)
    {
        var temporary = options.TableFile + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, table, ModelJson.Default.RouteTable);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, options.TableFile, overwrite: true);
        FolderSync.Flush(options.Folder);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} is no route table ({Reason}). It is kept as {Aside}; the gateway starts without routes until the server sends some.")]
    partial void LogBroken(string file, string aside, string reason);
}
