using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>The table of 0009_previews.sql. Every method works inside the caller's transaction or snapshot.</summary>
static class PreviewRows
{
    const string All = "SELECT app, parent, name, branch, created, expires, lasts, asked, secrets FROM previews";

    /// <summary>Null: the app is none. Most are told by their name, and nothing is asked of the database.</summary>
    public static StoredPreview? Find(DbConnection db, AppName app) =>
        app.HasPreviewMark ? db.QuerySingleOrDefault<Row>($"{All} WHERE app = @app", new { app = app.Value })?.ToPreview() : null;

    /// <summary>Oldest first, those that are being removed among them.</summary>
    public static IReadOnlyList<StoredPreview> Of(DbConnection db, AppName parent) =>
        [.. db.Query<Row>($"{All} WHERE parent = @parent ORDER BY created, app", new { parent = parent.Value }).Select(row => row.ToPreview())];

    public static void Insert(DbConnection db, StoredPreview preview) => db.Execute(
        """
        INSERT INTO previews (app, parent, name, branch, created, expires, lasts, asked, secrets)
        VALUES (@app, @parent, @name, @branch, @created, @expires, @lasts, @asked, @secrets)
        """,
        new
        {
            app = preview.App.Value,
            parent = preview.Of.Value,
            name = preview.Name,
            branch = preview.Branch,
            created = preview.Created.ToUnixTimeMilliseconds(),
            expires = preview.Expires.ToUnixTimeMilliseconds(),
            lasts = (long?)preview.Lasts?.TotalMilliseconds,
            asked = preview.By,
            secrets = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        });

    public static void Extend(DbConnection db, AppName app, DateTimeOffset expires, TimeSpan? lasts)
    {
        db.Execute(
            "UPDATE previews SET expires = @expires, lasts = @lasts WHERE app = @app",
            new { app = app.Value, expires = expires.ToUnixTimeMilliseconds(), lasts = (long?)lasts?.TotalMilliseconds });
        ReleaseRows.Touch(db, app);
    }

    sealed class Row
    {
        public string App { get; set; } = "";
        public string Parent { get; set; } = "";
        public string Name { get; set; } = "";
        public string Branch { get; set; } = "";
        public long Created { get; set; }
        public long Expires { get; set; }
        public long? Lasts { get; set; }
        public string? Asked { get; set; }
        public string Secrets { get; set; } = "";

        public StoredPreview ToPreview() => new()
        {
            App = AppName.Parse(App),
            Of = AppName.Parse(Parent),
            Name = Name,
            Branch = Branch,
            Created = DateTimeOffset.FromUnixTimeMilliseconds(Created),
            Expires = DateTimeOffset.FromUnixTimeMilliseconds(Expires),
            Lasts = Lasts is { } lasts ? TimeSpan.FromMilliseconds(lasts) : null,
            By = Asked,
            Secrets = Convert.FromBase64String(Secrets),
        };
    }
}

/// <summary>What makes an app a preview, as it is stored.</summary>
sealed record StoredPreview
{
    public required AppName App { get; init; }

    public required AppName Of { get; init; }

    public required string Name { get; init; }

    public required string Branch { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>From a deploy to the removal, where a person said so.</summary>
    public TimeSpan? Lasts { get; init; }

    public string? By { get; init; }

    /// <summary>What its own secrets are derived from.</summary>
    public byte[] Secrets { get; init; } = [];

    public PreviewStatus ToStatus() => new() { Of = Of, Name = Name, Branch = Branch, Created = Created, Expires = Expires, By = By };
}
