using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Governing;

/// <summary>The SQL of the apps' own approval rules. Every method works inside the caller's transaction or snapshot.</summary>
static class ApprovalRows
{
    public static ApprovalRule? Of(DbConnection db, AppName app) => Read(db.QuerySingleOrDefault<string>("SELECT approvals FROM apps WHERE app = @app", new { app = app.Value }));

    public static void Set(DbConnection db, AppName app, ApprovalRule? rule)
    {
        db.Execute("UPDATE apps SET approvals = @record WHERE app = @app", new { app = app.Value, record = rule is null ? null : ReleasesJson.Write(rule, ModelJson.Default.ApprovalRule) });
        ReleaseRows.Touch(db, app);
    }

    public static ApprovalRule? Read(string? record) => record is null ? null : ReleasesJson.Read(record, ModelJson.Default.ApprovalRule);
}
