using Dapper;
using Slipway.Engines;
using Slipway.Server.Api;
using Slipway.Server.Data;

namespace Slipway.Server.Health;

/// <summary>
/// What the server needs to work. Anybody may ask, so an answer holds for a second: however often it is asked,
/// the engine and the disk are troubled at most once in that time.
/// </summary>
sealed partial class ReadinessChecks(Database.Database database, DataFolder folder, TimeProvider time, ILogger<ReadinessChecks> logger, IEngine? engine = null) : IDisposable
{
    static readonly TimeSpan Holds = TimeSpan.FromSeconds(1), EngineMayTake = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _checking = new(1, 1);
    Readiness? _last;
    long _checked;

    public async Task<Readiness> Check(CancellationToken cancel)
    {
        await _checking.WaitAsync(cancel);
        try
        {
            if (_last is { } last && time.GetElapsedTime(_checked) < Holds) return last;
            ReadinessCheck[] checks =
            [
                await Try("database", required: true, "can't be read", () => Task.Run(ReadDatabase, cancel), cancel),
                await Try("store", required: true, "can't be written", () => Task.Run(WriteStore, cancel), cancel),
                .. engine is null ? [] : (ReadinessCheck[])[await Try("engine", required: false, "does not answer", () => AskEngine(engine, cancel), cancel)],
            ];
            (_last, _checked) = (new Readiness(checks.All(check => check.Ok || !check.Required), checks), time.GetTimestamp());
            return _last;
        }
        finally
        {
            _checking.Release();
        }
    }

    public void Dispose() => _checking.Dispose();

    async Task<ReadinessCheck> Try(string name, bool required, string failure, Func<Task> check, CancellationToken cancel)
    {
        try
        {
            await check();
            return new ReadinessCheck(name, true, required, null);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            LogFailed(name, error.Message);
            return new ReadinessCheck(name, false, required, $"{failure}; the server's log says why");
        }
    }

    void ReadDatabase() => database.Read(connection => connection.ExecuteScalar<int>("SELECT count(*) FROM migrations"));

    void WriteStore()
    {
        var probe = Path.Combine(folder.Registry, ".readyz");
        File.WriteAllBytes(probe, [1]);
        File.Delete(probe);
    }

    static async Task AskEngine(IEngine engine, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(EngineMayTake);
        await engine.Status(limit.Token);
    }

    [LoggerMessage(LogLevel.Warning, "readyz: {Check} failed: {Reason}")]
    partial void LogFailed(string check, string reason);
}
