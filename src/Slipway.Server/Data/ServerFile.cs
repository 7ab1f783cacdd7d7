using System.Text.Json;
using Slipway.Server.Api;

namespace Slipway.Server.Data;

/// <summary>DATA/server.json: where the running server listens. Written once it does, removed when it stops; after a kill -9 it is stale.</summary>
/// <param name="Url">http://127.0.0.1:8080, without a slash at the end.</param>
/// <param name="Database">Its name for people, which has no password in it.</param>
public sealed record ServerFile(string Url, int ProcessId, string Version, string? Database = null)
{
    /// <summary>What the folder's server wrote, or null where none has (or the file is not readable as one).</summary>
    public static ServerFile? Find(DataFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(folder.ServerFile), ApiJson.Default.ServerFile);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    internal void Write(DataFolder folder) => AtomicFile.Write(folder.ServerFile, JsonSerializer.Serialize(this, ApiJson.Default.ServerFile));
}
