using Slipway.Engines;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Api;
using Slipway.Server.Data;

namespace Slipway.Server.Status;

/// <summary>Makes <see cref="ServerStatus"/>: asks each part and says in its place what a part that does not answer said.</summary>
sealed class StatusReport(DataFolder folder, PlatformListener listener, IEngine engine, ImageCatalog images, IGateways gateways, ReleaseQueries releases, StartTime start, TimeProvider time)
{
    static readonly TimeSpan PartMayTake = TimeSpan.FromSeconds(3);

    public async Task<ServerStatus> Make(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(PartMayTake);
        var (asked, reported) = (Engine(limit.Token), Gateway(limit.Token));
        var usage = images.Usage();
        var engineIs = await asked;
        return new ServerStatus
        {
            Version = ServerHost.Version,
            ProcessId = Environment.ProcessId,
            Started = start.At,
            UptimeSeconds = (time.GetUtcNow() - start.At).TotalSeconds,
            DataFolder = folder.Path,
            Engine = engineIs,
            Registry = new ServerStatus.RegistryPart(listener.Address, usage.Bytes, usage.Repositories),
            Gateway = await reported,
            Apps = releases.Apps().Count,
            Disks = [.. Disks(engineIs.Status?.DataFolder)],
        };
    }

    async Task<ServerStatus.EnginePart> Engine(CancellationToken cancel)
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

    async Task<ServerStatus.GatewayPart> Gateway(CancellationToken cancel)
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
