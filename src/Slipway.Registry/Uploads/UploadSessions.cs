using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Uploads;

/// <summary>
/// The uploads under way. Each has a row (repository, algorithm), its bytes in the store, and in memory a lock and a hash: only the last is lost
/// with the process, and is made again from the bytes.
/// </summary>
sealed class UploadSessions(IBlobStore store, BlobPublisher publisher, Database.Database database, UploadHolds holds, RegistryOptions options, TimeProvider time)
{
    readonly ConcurrentDictionary<Guid, UploadState> _states = new();

    /// <summary>A new upload, or which bound stands in its way.</summary>
    /// <param name="algorithm">sha256 or sha512.</param>
    public async Task<NewUpload> Start(RepositoryName repository, string algorithm, Caller caller, CancellationToken cancel)
    {
        var id = Guid.NewGuid();
        var bound = await database.Write(
            connection =>
            {
                if (connection.ExecuteScalar<long>("SELECT count(*) FROM registry_uploads") >= options.MaxUploads) return UploadBound.InAll;
                var own = connection.ExecuteScalar<long>("SELECT count(*) FROM registry_uploads WHERE account = @account", new { account = caller.Name });
                if (own >= options.MaxUploadsOfAccount) return UploadBound.OfAccount;
                connection.Execute(
                    "INSERT INTO registry_uploads (id, repository_id, algorithm, started, account) VALUES (@id, @repositoryId, @algorithm, @started, @account)",
                    new
                    {
                        id = Text(id), repositoryId = RepositoryRow.Ensure(connection, repository), algorithm,
                        started = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), account = caller.Name,
                    });
                return UploadBound.None;
            },
            cancel);
        if (bound == UploadBound.None) _states[id] = new UploadState { Repository = repository, Algorithm = algorithm };
        return new NewUpload(id, bound);
    }

    /// <summary>An upload that lives no longer than its one request (the specification's single POST) and so needs no row.</summary>
    public async Task<Upload> StartPassing(RepositoryName repository, CancellationToken cancel)
    {
        var id = Guid.NewGuid();
        var state = new UploadState { Repository = repository };
        await state.Gate.WaitAsync(cancel);
        return new Upload(id, repository, state, await store.OpenUpload(id, cancel), this, publisher);
    }

    /// <summary>Takes hold of an upload. Never waits: an upload that another request is writing to is <see cref="Entrance.Busy"/>.</summary>
    public async Task<Entrance> Enter(RepositoryName repository, Guid id, CancellationToken cancel)
    {
        var state = _states.GetOrAdd(id, _ => new UploadState());
        if (!state.Gate.Wait(0, cancel)) return new Entrance(null, Busy: true);
        try
        {
            // Looked up under the gate: the row goes before the state does, so that an upload which has ended can't come back.
            if (database.IsShared)
            {
                var hold = await holds.Take(repository, id, cancel);
                if (hold.IsBusy)
                {
                    state.Gate.Release();
                    return new Entrance(null, Busy: true);
                }
                // Another server has ended it; or it is another repository's, and nothing of that is forgotten.
                if (hold.Algorithm is null && (state.Repository is null || state.Repository == repository)) Forget(id, state);
                else if (hold.Algorithm is not null && state.Repository is null) (state.Repository, state.Algorithm) = (repository, hold.Algorithm);
            }
            else if (state.Repository is null && !state.Ended) Load(id, state);
            if (state.Ended || state.Repository != repository)
            {
                if (state.Repository is null) _states.TryRemove(new(id, state));
                state.Gate.Release();
                return new Entrance(null, Busy: false);
            }
            return new Entrance(new Upload(id, repository, state, await store.OpenUpload(id, cancel), this, publisher, database.IsShared ? holds : null), Busy: false);
        }
        catch
        {
            if (database.IsShared) await holds.Release(id, hasEnded: false);
            state.Gate.Release();
            throw;
        }
    }

    /// <summary>Bytes that an upload has, or null where there is no such upload. Does not take hold of it.</summary>
    public async Task<long?> Length(RepositoryName repository, Guid id, CancellationToken cancel)
    {
        var known = !database.IsShared && _states.TryGetValue(id, out var state) && state.Repository is not null ? !state.Ended && state.Repository == repository
            : FindRow(id) is { } row && row.Repository == repository.Value;
        return known ? await store.UploadLength(id, cancel) : null;
    }

    /// <summary>Gives up uploads to which nothing was added for the options' lifetime, and bytes that no row speaks of. Returns how many.</summary>
    public async Task<int> GiveUpStale(CancellationToken cancel)
    {
        var before = time.GetUtcNow() - options.UploadLifetime;
        var written = new Dictionary<Guid, DateTimeOffset>();
        await foreach (var upload in store.Uploads(cancel)) written[upload.Id] = upload.LastWritten;
        var rows = database.Read(connection => connection.Query<(string Id, string Started)>("SELECT id, started FROM registry_uploads").ToList());
        var stale = 0;
        foreach (var (text, started) in rows)
        {
            var id = Guid.Parse(text);
            var last = DateTimeOffset.Parse(started, CultureInfo.InvariantCulture);
            if (written.Remove(id, out var wrote) && wrote > last) last = wrote;
            if (last < before && await GiveUp(id, cancel)) stale++;
        }
        if (database.IsShared) ForgetEnded(rows.Select(row => Guid.Parse(row.Id)).ToHashSet());
        foreach (var (id, last) in written)
        {
            if (last >= before) continue;
            await store.Discard(id, cancel);
            stale++;
        }
        return stale;
    }

    /// <summary>
    /// The bytes go first: on a full disk only that makes room for the deletion of the row. A crash in between leaves an upload that is empty again.
    /// </summary>
    public async Task End(Guid id, UploadState state)
    {
        await store.Discard(id, CancellationToken.None);
        await database.Write(connection => connection.Execute("DELETE FROM registry_uploads WHERE id = @id", new { id = Text(id) }));
        Forget(id, state);
    }

    public void Forget(Guid id, UploadState state)
    {
        state.Ended = true;
        state.Dispose();
        _states.TryRemove(new(id, state));
    }

    /// <summary>Uploads that began here and ended at another server.</summary>
    void ForgetEnded(HashSet<Guid> rows)
    {
        foreach (var (id, state) in _states)
        {
            if (rows.Contains(id) || FindRow(id) is not null || !state.Gate.Wait(0)) continue;
            Forget(id, state);
            state.Gate.Release();
        }
    }

    async Task<bool> GiveUp(Guid id, CancellationToken cancel)
    {
        var state = _states.GetOrAdd(id, _ => new UploadState());
        if (!state.Gate.Wait(0, cancel)) return false;
        try
        {
            if (state.Ended) return true;
            // Another server may be writing to it in this very moment.
            if (database.IsShared && !await holds.TakeAway(id)) return false;
            await End(id, state);
            return true;
        }
        finally
        {
            state.Gate.Release();
        }
    }

    void Load(Guid id, UploadState state)
    {
        if (FindRow(id) is not { } row || !RepositoryName.TryParse(row.Repository, out var repository)) return;
        (state.Repository, state.Algorithm) = (repository, row.Algorithm);
    }

    UploadRow? FindRow(Guid id) => database.Read(connection => connection.QuerySingleOrDefault<UploadRow>(
        "SELECT r.name AS repository, u.algorithm FROM registry_uploads u JOIN registry_repositories r ON r.id = u.repository_id WHERE u.id = @id",
        new { id = Text(id) }));

    static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    sealed record UploadRow(string Repository, string Algorithm);
}

/// <param name="Id">Of the upload, where no bound was met.</param>
readonly record struct NewUpload(Guid Id, UploadBound Bound);

enum UploadBound
{
    None,
    InAll,
    OfAccount,
}

/// <summary>What came of entering an upload: hold of it, or that another request has it, or neither: there is no such upload.</summary>
readonly record struct Entrance(Upload? Upload, bool Busy);
