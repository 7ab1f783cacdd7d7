using System.Data.Common;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Previewing;

/// <summary>A deploy of a preview.</summary>
/// <param name="Branch">As it was given.</param>
/// <param name="Lasts">Null: as long as the last time, or as the policy says.</param>
sealed record PreviewOrder(AppName Of, PreviewName Name, string Branch, TimeSpan? Lasts);

/// <summary>Whose names are whose, how many previews there may be, and how long they last. Inside the transaction that stores the deploy.</summary>
static class PreviewClaim
{
    /// <summary>The preview has its row from now on, and is renewed.</summary>
    /// <param name="isNew">The app underneath is made in this transaction.</param>
    /// <exception cref="ConflictException">It can't be had; the message says why.</exception>
    public static void Take(DbConnection db, PreviewOrder order, bool isNew, string? by, DateTimeOffset now)
    {
        var app = order.Name.AppOf(order.Of);
        var policy = PolicyOf(db, order.Of);
        var known = PreviewRows.Find(db, app);
        var lasts = order.Lasts ?? known?.Lasts ?? policy.Lasts;
        if (known is not null)
        {
            if (known.Branch != order.Branch && order.Branch != known.Name)
                throw new ConflictException($"The preview {known.Name} of {order.Of} is that of '{known.Branch}', and '{order.Branch}' would have the same name. Call this one otherwise: --preview NAME");
            // Who deploys again does not take away what was given.
            var end = now + lasts;
            PreviewRows.Extend(db, app, order.Lasts is null && known.Expires > end ? known.Expires : end, order.Lasts ?? known.Lasts);
            return;
        }
        if (!isNew) throw new ConflictException($"There is an app '{app}' that is no preview. Call the preview otherwise: --preview NAME");
        var others = PreviewRows.Of(db, order.Of).Where(p => ReleaseRows.Load(db, p.App) is { Removing: false }).ToList();
        if (others.Count >= policy.Max)
            throw new ConflictException(
                $"{order.Of} has {others.Count} previews, and may have {policy.Max} (previews: {{max: {policy.Max}}} in x-release). The oldest is {others[0].Name}, made {others[0].Created:yyyy-MM-dd HH:mm} UTC. "
                + $"Remove one first: slipway preview rm {order.Of} {others[0].Name}");
        PreviewRows.Insert(db, new StoredPreview { App = app, Of = order.Of, Name = order.Name.Value, Branch = order.Branch, Created = now, Expires = now + lasts, Lasts = order.Lasts, By = by });
    }

    /// <summary>An app that people name themselves.</summary>
    /// <exception cref="ConflictException">It is a preview.</exception>
    /// <exception cref="InvalidInputException">Its name is one of a preview.</exception>
    public static void CheckOrdinary(DbConnection db, AppName app, bool isNew)
    {
        if (PreviewRows.Find(db, app) is { } preview)
            throw new ConflictException($"{app} is the preview {preview.Name} of {preview.Of}. To deploy it: slipway deploy --app {preview.Of} --preview {preview.Branch}");
        if (isNew && app.HasPreviewMark)
            throw new InvalidInputException(new Diagnostic { Message = $"'{app}' would be the name of a preview", Key = "app", Found = app.Value, Expected = AppName.Rule });
    }

    /// <summary>That of the app's live release.</summary>
    /// <exception cref="NotFoundException">There is no such app.</exception>
    /// <exception cref="ConflictException">It has no previews, or none yet.</exception>
    public static PreviewPolicy PolicyOf(DbConnection db, AppName app) => LiveOf(db, app).Model.Previews ?? new PreviewPolicy();

    /// <inheritdoc cref="PolicyOf"/>
    public static Release LiveOf(DbConnection db, AppName app)
    {
        if (PreviewRows.Find(db, app) is { } preview) throw new ConflictException($"{app} is a preview itself, of {preview.Of}.");
        if (ReleaseRows.Load(db, app) is not { } stored)
            throw new NotFoundException($"There is no app '{app}'{(ReleaseRows.Apps(db) is { Count: > 0 } others ? $"; there is {string.Join(", ", others)}" : "")}. A preview is one of an app: deploy that first (slipway deploy --app {app}).");
        if (stored.Removing) throw new ConflictException($"{app} is being removed.");
        if (stored.LiveSlot is not { } live)
            throw new ConflictException($"{app} has no live release yet, and that says what its previews may be. Deploy it first: slipway deploy --app {app}");
        return live.Release.Model.Previews is not { Off: true } ? live.Release
            : throw new ConflictException($"{app} has no previews: its live release says so (previews: false in x-release).");
    }
}
