using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Secrets;

namespace Slipway.Server.Notifications;

/// <summary>A row of release_webhooks, and which events it lets through.</summary>
sealed record ReleaseWebhookRow
{
    /// <summary>In place of an app's name: all apps.</summary>
    public const string AllApps = "*";

    const string Columns = "id, app, name, url, shown, secret, format, events, previews, position, delivered, failures, failing, next, disabled, ended, added_by, created";

    public long Id { get; init; }

    public string App { get; init; } = "";

    public string Name { get; init; } = "";

    public byte[] Url { get; init; } = [];

    public string Shown { get; init; } = "";

    public byte[] Secret { get; init; } = [];

    public string Format { get; init; } = "";

    public string Events { get; init; } = "";

    public bool Previews { get; init; }

    public long Position { get; init; }

    public long Delivered { get; init; }

    public long Failures { get; init; }

    /// <summary>When the first of the failures was.</summary>
    public string? Failing { get; init; }

    public string Next { get; init; } = "";

    public string? Disabled { get; init; }

    public bool Ended { get; init; }

    public string AddedBy { get; init; } = "";

    public string Created { get; init; } = "";

    public IReadOnlyList<string> EventList => Events.Length == 0 ? [] : Events.Split(',');

    public static string Place(AppName? app) => app?.Value ?? AllApps;

    /// <summary>What an address or a secret is sealed for.</summary>
    public static string Purpose(string place, string name, string what) => $"release webhook {place} {name} {what}";

    public string OpenUrl(SecretBox box) => box.Open(Url, Purpose(App, Name, "url"));

    public string OpenSecret(SecretBox box) => box.Open(Secret, Purpose(App, Name, "secret"));

    /// <summary>What happens to the whole platform happens to every app.</summary>
    public bool Wants(ReleaseEvent happened) =>
        (Events.Length == 0 || EventList.Contains(happened.Type))
        && (App == AllApps ? Previews || happened.App is not { HasPreviewMark: true }
            : happened.App is not { } of || of.Value == App || (Previews && of.Value.StartsWith(App + AppName.PreviewMark, StringComparison.Ordinal)));

    public static IReadOnlyList<ReleaseWebhookRow> All(DbConnection db) => db.Query<ReleaseWebhookRow>($"SELECT {Columns} FROM release_webhooks ORDER BY id").AsList();

    public static IReadOnlyList<ReleaseWebhookRow> Of(DbConnection db, string place) =>
        db.Query<ReleaseWebhookRow>($"SELECT {Columns} FROM release_webhooks WHERE app = @place AND ended = 0 ORDER BY name", new { place }).AsList();

    public static ReleaseWebhookRow? Find(DbConnection db, string place, string name) =>
        db.QuerySingleOrDefault<ReleaseWebhookRow>($"SELECT {Columns} FROM release_webhooks WHERE app = @place AND name = @name AND ended = 0", new { place, name });

    public static ReleaseWebhookRow? Find(DbConnection db, long id) => db.QuerySingleOrDefault<ReleaseWebhookRow>($"SELECT {Columns} FROM release_webhooks WHERE id = @id", new { id });

    public static void Remove(DbConnection db, long id)
    {
        db.Execute("DELETE FROM release_deliveries WHERE webhook = @id", new { id });
        db.Execute("DELETE FROM release_webhooks WHERE id = @id", new { id });
    }

    public static string Text(DateTimeOffset moment) => moment.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
