using Slipway.Model;
using Slipway.Releases.Previewing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// Previews of apps: each is an app of its own underneath (SHOP--NAME), which everything that is there for apps works with, and goes when its time is over,
/// when it is removed, or with its app. Thread-safe.
/// </summary>
public sealed class Previews
{
    /// <summary>What may be asked for, for messages.</summary>
    public const string ExpectedTime = Compose.PreviewReader.ExpectedTime;

    readonly Database.Database _database;
    readonly Rollouts _rollouts;
    readonly Bells _bells;
    readonly TimeProvider _time;

    internal Previews(Database.Database database, Rollouts rollouts, Bells bells, TimeProvider time) => (_database, _rollouts, _bells, _time) = (database, rollouts, bells, time);

    /// <summary>The source of a deploy of the preview.</summary>
    /// <param name="branch">A branch's name, or one that a person gives.</param>
    /// <exception cref="InvalidInputException">That is no name.</exception>
    public static DeploySource SourceOf(AppName of, string? branch, DeploySource source) => source with { Preview = new PreviewSource(of, PreviewName.Of(branch, of).Value) };

    /// <summary>The app underneath, which need not exist.</summary>
    public static AppName AppOf(AppName of, string? name) => PreviewName.Of(name, of).AppOf(of);

    /// <summary>From the model that a branch's files say, by the app's name, to that of its preview.</summary>
    /// <param name="source">With <see cref="DeploySource.Preview"/>.</param>
    /// <returns>And sentences about what is otherwise than in the app.</returns>
    /// <exception cref="InvalidInputException">It can't be had as a preview; every reason is in it.</exception>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    /// <exception cref="ConflictException">The app has no previews, or none yet.</exception>
    public (AppModel Model, IReadOnlyList<string> Notes) Make(AppModel branch, DeploySource source)
    {
        var preview = source.Preview ?? throw new ArgumentException("It is of no preview.", nameof(source));
        var name = PreviewName.Of(preview.Name, preview.Of);
        var (live, key) = _database.Read(db => (PreviewClaim.LiveOf(db, preview.Of), PreviewRows.Find(db, name.AppOf(preview.Of))?.Secrets));
        return PreviewModel.Make(branch, live.Model, new PreviewPlace { Of = preview.Of, Name = name, Folder = source.Directory, Key = key });
    }

    /// <summary>Begins a rollout of the preview, which is made where there is none, and renewed.</summary>
    /// <param name="of">The app.</param>
    /// <param name="branch">A branch's name, or one that a person gives.</param>
    /// <param name="lasts">From now to its removal; null: as the last time, or as the app's policy says.</param>
    /// <exception cref="InvalidInputException">The name or time is none.</exception>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    /// <exception cref="ConflictException">A rollout of it is under way, or it can't be had; the message says why.</exception>
    public Task<Rollout> Deploy(AppName of, string? branch, DeploySource source, TimeSpan? lasts, CancellationToken cancel, Asker? by = null)
    {
        var name = PreviewName.Of(branch, of);
        if (lasts is { } time) CheckTime(time);
        var order = new PreviewOrder(of, name, PreviewName.Branch(branch), lasts);
        return _rollouts.Deploy(name.AppOf(of), SourceOf(of, branch, source), autoPromote: true, order, by, cancel);
    }

    /// <summary>It is removed so long from now, be that later than before or sooner.</summary>
    /// <returns>When.</returns>
    /// <exception cref="NotFoundException">There is no such preview.</exception>
    public async Task<DateTimeOffset> Extend(AppName of, string? name, TimeSpan by, CancellationToken cancel)
    {
        CheckTime(by);
        var app = AppOf(of, name);
        var end = await _database.Write(db =>
        {
            var preview = Require(of, app);
            if (ReleaseRows.Load(db, app) is { Removing: true }) throw new ConflictException($"The preview {preview.Name} of {of} is being removed.");
            var end = _time.GetUtcNow() + by;
            PreviewRows.Extend(db, app, end, preview.Lasts);
            return end;

            StoredPreview Require(AppName parent, AppName name) => PreviewRows.Find(db, name) ?? throw Unknown(PreviewRows.Of(db, parent), parent, name);
        }, cancel);
        _bells.Ring(app);
        return end;
    }

    /// <summary>The app underneath.</summary>
    /// <exception cref="NotFoundException">There is no such preview; the message says which there are.</exception>
    public AppName Require(AppName of, string? name) => _database.Read(db =>
        PreviewRows.Find(db, AppOf(of, name)) is { } found ? found.App : throw Unknown(PreviewRows.Of(db, of), of, AppOf(of, name)));

    /// <summary>The app that another one is a preview of; null: it is none.</summary>
    public AppName? ParentOf(AppName app) => _database.Read(db => PreviewRows.Find(db, app))?.Of;

    /// <summary>The apps underneath an app's previews, oldest first.</summary>
    public IReadOnlyList<AppName> Of(AppName of) => _database.Read(db => (IReadOnlyList<AppName>)[.. PreviewRows.Of(db, of).Select(p => p.App)]);

    static NotFoundException Unknown(IReadOnlyList<StoredPreview> others, AppName of, AppName app)
    {
        var name = app.Value[(of.Value.Length + AppName.PreviewMark.Length)..];
        return new NotFoundException(others.Count > 0 ? $"{of} has no preview '{name}'; it has {string.Join(", ", others.Select(p => p.Name))}." : $"{of} has no preview '{name}', nor any other.");
    }

    static void CheckTime(TimeSpan time)
    {
        if (time < Compose.PreviewReader.Shortest || time > Compose.PreviewReader.Longest)
            throw new InvalidInputException(new Diagnostic { Key = "for", Message = "that is no time for which a preview can last", Found = time.ToString(), Expected = ExpectedTime });
    }
}
