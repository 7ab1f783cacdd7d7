using Slipway.Engines;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Api;
using Slipway.Server.Data;
using Slipway.Server.Leading;

namespace Slipway.Server.Status;

/// <summary>Makes <see cref="ServerStatus"/>: asks each part and says in its place what a part that does not answer said.</summary>
sealed class StatusReport(
    DataFolder folder, PlatformListener listener, Database.Database database, Roles roles, ImageCatalog images, StartTime start, TimeProvider time,
    Leader? leader = null, IEngine? engine = null, IGateways? gateways = null, ReleaseQueries? releases = null)
{
    static readonly TimeSpan PartMayTake = TimeSpan.FromSeconds(3);

    public async Task<ServerStatus> Make(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(PartMayTake);
        var (asked, reported) = (engine is null ? null : Engine(engine, limit.Token), gateways is null ? null : Gateway(gateways, limit.Token));
        var usage = images.Usage();
        var engineIs = asked is null ? null : await asked;
        return new ServerStatus
        {
            Version = ServerHost.Version,
            ProcessId = Environment.ProcessId,
            Started = start.At,
            UptimeSeconds = (time.GetUtcNow() - start.At).TotalSeconds,
            DataFolder = folder.Path,
            Database = new ServerStatus.DatabasePart(database.Name, database.IsShared),
            Roles = roles.Value.Names(),
            Leads = leader?.Leads,
            Engine = engineIs,
            Registry = new ServerStatus.RegistryPart(listener.Address, usage.Bytes, usage.Repositories),
            Gateway = reported is null ? null : await reported,
            Apps = releases?.Apps().Count,
            Disks = [.. Disks(engineIs?.Status?.DataFolder)],
        };
    }

    static async Task<ServerStatus.EnginePart> Engine(IEngine engine, CancellationToken cancel)
    {
        try
        {
            return new ServerStatus.EnginePart(await engine.Status(cancel), null);
        }
        catch (Exception error) when (error is EngineException or EngineUnavailableException or OperationCanceledException)
        {
            return new ServerStatus.EnginePart(null, Said(error));
        }
    }

    static async Task<ServerStatus.GatewayPart> Gateway(IGateways gateways, CancellationToken cancel)
    {
        try
        {
            var reports = await gateways.Report(cancel);
            var report = reports[0];
            return new ServerStatus.GatewayPart
            {
                Listening = report.Listening,
                NotListening = report.NotListening,
                ProcessId = report.ProcessId,
                TableVersion = report.TableVersion,
                InFlight = report.Instances.Sum(instance => instance.InFlight + instance.Upgraded),
            };
        }
        catch (Exception error) when (error is GatewayUnavailableException or OperationCanceledException)
        {
            return new ServerStatus.GatewayPart { Error = Said(error) };
        }
    }

    static string Said(Exception error) => error is OperationCanceledException ? $"It did not answer within {PartMayTake.TotalSeconds:0} seconds." : error.Message;

    IEnumerable<ServerStatus.DiskPart> Disks(string? engineFolder)
    {
        yield return Disk(folder.Path, "data");
        // An engine on another machine keeps its images there.
        if (engineFolder is not null && Directory.Exists(engineFolder)) yield return Disk(engineFolder, "engine");
    }

    static ServerStatus.DiskPart Disk(string path, string use)
    {
        var drive = new DriveInfo(path);
        return new ServerStatus.DiskPart(path, use, drive.AvailableFreeSpace, drive.TotalSize);
    }
}

/// <summary>When this server began to start.</summary>
sealed record StartTime(DateTimeOffset At);
