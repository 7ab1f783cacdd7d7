using System.Text.RegularExpressions;
using Dapper;
using Slipway.Delivery;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Notifications;

/// <summary>The receivers of release events: made, listed, tried, removed. Of an app, or (null) of all apps. Thread-safe.</summary>
sealed partial class ReleaseWebhooks(
    Database.Database database, ReleaseOutbox outbox, WebhookSender sender, SecretBox secrets, EventLog audit, WebhookOptions options, TimeProvider time)
{
    /// <summary>Of one place.</summary>
    const int Most = 50;

    public IReadOnlyList<ReleaseWebhook> List(AppName? app) =>
        database.Read(db => ReleaseWebhookRow.Of(db, ReleaseWebhookRow.Place(app)).Select(hook => Picture(db, hook)).ToList());

    /// <summary>Adds a receiver of what happens from now on. Its answer alone shows the secret.</summary>
    /// <exception cref="InvalidInputException">Something of it is no URL, name, event, format or secret.</exception>
    /// <exception cref="ConflictException">There is one of that name, or there are too many.</exception>
    public async Task<ReleaseWebhook> Add(AppName? app, ReleaseWebhookRequest request, Caller caller, CancellationToken cancel)
    {
        var name = request.Name ?? NameOf(request.Url);
        var wrong = Check(request, name).ToList();
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
        var (place, secret, now) = (ReleaseWebhookRow.Place(app), request.Secret ?? Signature.NewSecret(), ReleaseWebhookRow.Text(time.GetUtcNow()));
        var last = outbox.Last();
        return await database.Write(
            db =>
            {
                var others = ReleaseWebhookRow.Of(db, place);
                if (others.Any(other => other.Name == name))
                    throw new ConflictException($"There is a webhook '{name}' of {Named(app)} already: remove it first, or give this one another name (slipway webhook add {request.Url} --name NAME{Flag(app)}).");
                if (others.Count >= Most) throw new ConflictException($"There are {others.Count} webhooks of {Named(app)} already, the most there may be.");
                PlatformIdentity.FindOrMake(db);
                db.Execute(
                    """
                    INSERT INTO release_webhooks (app, name, url, shown, secret, format, events, previews, position, delivered, failures, next, ended, added_by, created)
                    VALUES (@place, @name, @url, @shown, @sealed, @format, @events, @Previews, @last, 0, 0, @now, 0, @by, @now)
                    """,
                    new
                    {
                        place, name, last, now, by = caller.Name, shown = Shown(request.Url), format = request.Format ?? ReleaseMessage.CloudEvents, request.Previews,
                        events = string.Join(',', ReleaseEvents.All.Intersect(request.Events)),
                        url = secrets.Seal(request.Url, ReleaseWebhookRow.Purpose(place, name, "url")),
                        @sealed = secrets.Seal(secret, ReleaseWebhookRow.Purpose(place, name, "secret")),
                    });
                Record(db, caller, "create", $"{name} of {Named(app)} to {Shown(request.Url)}");
                return Picture(db, ReleaseWebhookRow.Find(db, place, name)!) with { Secret = secret };
            },
            cancel);
    }

    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public Task Remove(AppName? app, string name, Caller caller, CancellationToken cancel) => database.Write(
        db =>
        {
            ReleaseWebhookRow.Remove(db, Existing(db, app, name).Id);
            Record(db, caller, "delete", $"{name} of {Named(app)}");
        },
        cancel);

    /// <summary>Sends a message that tells of nothing, now, and says what came of it.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public Task<WebhookTrial> Try(AppName? app, string name, CancellationToken cancel)
    {
        var (hook, platform) = database.Read(db => (Existing(db, app, name), PlatformIdentity.Find(db)));
        var id = $"test-{Guid.NewGuid():D}";
        var test = new ReleaseEvent { Time = time.GetUtcNow(), Type = ReleaseMessage.Test, App = app, Text = "this is a test, and nothing has happened" };
        return sender.Send(hook.OpenUrl(secrets), hook.OpenSecret(secrets), id, ReleaseMessage.Of(test, hook.Format, PlatformIdentity.Source(platform), id), ReleaseMessage.MediaType(hook.Format), cancel);
    }

    /// <returns>Newest first.</returns>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidInputException">No state of a delivery.</exception>
    public IReadOnlyList<ReleaseDelivery> Deliveries(AppName? app, string name, string? state, int most)
    {
        if (state is not (null or DeliveryRow.Waiting or DeliveryRow.Delivered or DeliveryRow.Dead))
            throw new InvalidInputException(new Diagnostic { Key = "state", Message = $"'{state}' is no state of a delivery", Found = state, Expected = "waiting, delivered or dead" });
        return database.Read(db => DeliveryRow.Of(db, Existing(db, app, name).Id, state, most).Select(row => row.Picture()).ToList());
    }

    /// <summary>Sends dead deliveries again, in the order of events.</summary>
    /// <param name="happened">Of this event; null: all of them.</param>
    /// <exception cref="NotFoundException">There is no such webhook, or no such dead delivery.</exception>
    public Task<int> SendAgain(AppName? app, string name, long? happened, CancellationToken cancel) => database.Write(
        db =>
        {
            var hook = Existing(db, app, name);
            var count = DeliveryRow.SendAgain(db, hook.Id, happened);
            if (count == 0) throw new NotFoundException(happened is { } id ? $"{name} has no dead delivery of event {id}." : $"{name} has no dead deliveries.");
            return count;
        },
        cancel);

    /// <summary>Sends to it again: all that it has missed, or what happens from now on.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="ConflictException">It is not disabled.</exception>
    public Task Enable(AppName? app, string name, bool fromNow, Caller caller, CancellationToken cancel)
    {
        var last = outbox.Last();
        return database.Write(
            db =>
            {
                var hook = Existing(db, app, name);
                if (hook.Disabled is null) throw new ConflictException($"The webhook '{name}' of {Named(app)} is not disabled.");
                db.Execute("UPDATE release_webhooks SET disabled = NULL, failures = 0, failing = NULL, next = @now WHERE id = @Id", new { hook.Id, now = ReleaseWebhookRow.Text(time.GetUtcNow()) });
                if (fromNow)
                {
                    db.Execute("UPDATE release_webhooks SET position = @last WHERE id = @Id", new { hook.Id, last });
                    db.Execute("UPDATE release_deliveries SET state = 'dead' WHERE webhook = @Id AND state = 'waiting'", new { hook.Id });
                }
                else
                {
                    // Each has its time anew.
                    db.Execute("UPDATE release_deliveries SET attempts = 0, first = NULL WHERE webhook = @Id AND state = 'waiting'", new { hook.Id });
                }
                Record(db, caller, "change", $"{name} of {Named(app)} is enabled{(fromNow ? ", from now on" : "")}");
            },
            cancel);
    }

    /// <summary>Before the name of a removed app is free: its receivers get what has happened to it, its removal too, and go.</summary>
    public async Task Forget(AppName app, CancellationToken cancel)
    {
        foreach (var hook in database.Read(db => ReleaseWebhookRow.Of(db, app.Value)))
        {
            await outbox.TakeAll(hook.Id, cancel);
            await database.Write(db => { db.Execute("UPDATE release_webhooks SET ended = 1 WHERE id = @Id", new { hook.Id }); }, cancel);
        }
    }

    static ReleaseWebhookRow Existing(System.Data.Common.DbConnection db, AppName? app, string name)
    {
        var place = ReleaseWebhookRow.Place(app);
        if (ReleaseWebhookRow.Find(db, place, name) is { } hook) return hook;
        var names = ReleaseWebhookRow.Of(db, place).Select(one => one.Name).ToList();
        throw new NotFoundException($"There is no webhook '{name}' of {Named(app)}{(names.Count == 0 ? ", nor any other." : $": there is {string.Join(", ", names)}.")}");
    }

    static ReleaseWebhook Picture(System.Data.Common.DbConnection db, ReleaseWebhookRow hook)
    {
        var counts = DeliveryRow.Counts(db, hook.Id);
        return new ReleaseWebhook
        {
            Name = hook.Name,
            Url = hook.Shown,
            App = hook.App == ReleaseWebhookRow.AllApps ? null : hook.App,
            Format = hook.Format,
            Events = hook.EventList,
            Previews = hook.Previews,
            Delivered = hook.Delivered,
            Dead = counts.GetValueOrDefault(DeliveryRow.Dead),
            Waiting = counts.GetValueOrDefault(DeliveryRow.Waiting),
            Failures = (int)hook.Failures,
            Error = hook.Failures == 0 ? null : DeliveryRow.LastError(db, hook.Id),
            NextAttempt = hook.Failures == 0 || hook.Disabled is not null ? null : ReleaseWebhookRow.Time(hook.Next),
            Disabled = hook.Disabled,
            AddedBy = hook.AddedBy,
            Created = ReleaseWebhookRow.Time(hook.Created),
        };
    }

    IEnumerable<Diagnostic> Check(ReleaseWebhookRequest request, string name)
    {
        if (ReceiverAddresses.Check(request.Url, options.Allowed) is { } noUrl) yield return noUrl;
        else if (!Name().IsMatch(name)) yield return Wrong("name", name, "is no name of a webhook", "1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or digit");
        foreach (var type in request.Events.Where(type => !ReleaseEvents.All.Contains(type))) yield return Wrong("events", type, "is no type of event", string.Join(", ", ReleaseEvents.All));
        if (request.Format is { } format && !ReleaseMessage.Formats.Contains(format)) yield return Wrong("format", format, "is no format", string.Join(" or ", ReleaseMessage.Formats));
        if (request.Secret is { } secret && !Signature.IsSecret(secret)) yield return Wrong("secret", "(secret)", "is no signing secret", Signature.Expected);
    }

    static string NameOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.IdnHost is { Length: > 0 } host ? host.Trim('[', ']').Replace(':', '-') : "";

    /// <summary>https://hooks.slack.com/services/...: what comes behind is the receiver's secret with many of them.</summary>
    static string Shown(string url)
    {
        var uri = new Uri(url);
        var first = uri.Segments.Length > 1 ? uri.Segments[1] : "";
        return $"{uri.GetLeftPart(UriPartial.Authority)}/{first}{(uri.Segments.Length > 2 || uri.Query.Length > 0 ? "..." : "")}";
    }

    void Record(System.Data.Common.DbConnection db, Caller caller, string action, string detail) =>
        audit.Record(db, caller, new RegistryEvent { Action = action, Target = "release webhook", Detail = detail });

    static string Named(AppName? app) => app?.Value ?? "all apps";

    static string Flag(AppName? app) => app is { } one ? $" --app {one}" : "";

    static Diagnostic Wrong(string key, string found, string what, string expected) => new() { Message = $"'{found}' {what}", Key = key, Found = found, Expected = expected };

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
