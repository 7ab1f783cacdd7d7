using Slipway.Gateway.Control;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Certificates;
using Slipway.Server.Data;

namespace Slipway.Server.Gateways;

/// <summary>
/// The one gateway process beside this server. A gateway that started anew, or that serves by an older table than was published,
/// is given the last table again as soon as its report shows it.
/// </summary>
sealed partial class LocalGateways(DataFolder folder, CertificateBell bell, ILogger<LocalGateways> logger) : IGateways, IDisposable
{
    const string WhatToDo = "'slipway up' starts it again.";

    readonly GatewayClient _client = new(folder.ControlSocket);
    readonly SemaphoreSlim _certificatesGate = new(1, 1);
    volatile RouteTable? _published;
    volatile CertificateSet? _certificates;
    volatile string? _session;

    /// <summary>The last table that a gateway has acknowledged; null before the first.</summary>
    public RouteTable? Published => _published;

    public async Task Publish(RouteTable table, CancellationToken cancel)
    {
        await Translate(async () => { await _client.Publish(table, cancel); return true; });
        var before = _published;
        _published = table;
        // A table comes with each step of a rollout, and hosts seldom change.
        if (before is null || !HaveTheSameHosts(before, table)) bell.Ring();
    }

    /// <summary>Returns when every handshake that begins is by these. A gateway that has others is given them again as its report shows it.</summary>
    /// <exception cref="InvalidInputException">One of them can't be served with.</exception>
    /// <exception cref="Releases.GatewayUnavailableException">None answers.</exception>
    public async Task Publish(CertificateSet certificates, CancellationToken cancel)
    {
        _certificates = certificates;
        await PublishCertificates(cancel);
    }

    public async Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel)
    {
        var report = await Translate(() => _client.Report(cancel));
        if (_published is { } last && (report.TableVersion < last.Version || (_session is { } before && before != report.Session)))
        {
            LogAgain(last.Version, report.TableVersion);
            await Translate(async () => { await _client.Publish(last, cancel); return true; });
            report = await Translate(() => _client.Report(cancel));
        }
        if (_certificates is { } set && report.Certificates != set.Revision) await PublishCertificates(cancel);
        _session = report.Session;
        return [report];
    }

    public void Dispose()
    {
        _client.Dispose();
        _certificatesGate.Dispose();
    }

    /// <summary>One at a time, and the last ones: of two that are under way the older must not come second.</summary>
    async Task PublishCertificates(CancellationToken cancel)
    {
        await _certificatesGate.WaitAsync(cancel);
        try
        {
            await Translate(async () => { await _client.Publish(_certificates!, cancel); return true; });
        }
        finally
        {
            _certificatesGate.Release();
        }
    }

    static bool HaveTheSameHosts(RouteTable one, RouteTable other) => one.Routes.Count == other.Routes.Count
        && one.Routes.Zip(other.Routes).All(both => both.First.IsPreview == both.Second.IsPreview && both.First.Https == both.Second.Https && both.First.Hosts.SequenceEqual(both.Second.Hosts));

    static async Task<T> Translate<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Gateway.Control.GatewayUnavailableException away)
        {
            throw new Releases.GatewayUnavailableException($"{away.Message} {WhatToDo}", away);
        }
        catch (TableRefusedException refused)
        {
            throw new Releases.GatewayUnavailableException(
                $"The gateway serves by table {refused.CurrentVersion}, which this server's database does not know: {refused.Message} Was the database restored or removed? Then stop the gateway, remove gateway/table.json from the data folder, and run 'slipway up'.", refused);
        }
    }

    [LoggerMessage(LogLevel.Information, "The gateway started anew or lost its table: publishing version {Version} again (it has {Has})")]
    partial void LogAgain(long version, long has);
}
