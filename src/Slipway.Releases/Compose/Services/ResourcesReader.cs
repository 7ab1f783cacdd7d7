using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>deploy.resources</c>, else the keys of version 2 files (mem_limit, cpus ...).</summary>
static class ResourcesReader
{
    public static ResourcesModel Read(Field service)
    {
        var limits = service["deploy"]["resources"]["limits"];
        var reservations = service["deploy"]["resources"]["reservations"];
        var swap = service["memswap_limit"];
        return new ResourcesModel
        {
            CpuLimit = Cpus(limits["cpus"]) ?? Cpus(service["cpus"]) ?? Quota(service),
            MemoryLimit = Positive(limits["memory"]) ?? Positive(service["mem_limit"]),
            MemoryReservation = Positive(reservations["memory"]) ?? Positive(service["mem_reservation"]),
            MemorySwapLimit = swap.Text() == "-1" ? -1 : Positive(swap),
            CpuShares = service["cpu_shares"].Int(0, int.MaxValue),
            CpuSet = service["cpuset"].Text(),
            PidsLimit = limits["pids"].Int(-1, int.MaxValue) ?? service["pids_limit"].Int(-1, int.MaxValue),
            OomScoreAdjust = service["oom_score_adj"].Int(-1000, 1000),
        };
    }

    // Zero means no limit in Compose.
    static double? Cpus(Field field) => field.Number() is > 0 and var cpus ? cpus : null;

    static long? Positive(Field field) => field.Bytes() is > 0 and var bytes ? bytes : null;

    static double? Quota(Field service)
    {
        if (service["cpu_quota"].Long(-1) is not (> 0 and var quota)) return null;
        var period = service["cpu_period"];
        var length = period.Text() is { } text && Durations.TryParse(text, out var duration) && duration > TimeSpan.Zero ? (long)duration.TotalMicroseconds : period.Long(1000);
        return Math.Round(quota / (double)(length ?? 100_000), 4);
    }
}
