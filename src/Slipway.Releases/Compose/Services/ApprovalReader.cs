using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>approve</c> of a step: <c>true</c>, a role, or a mapping of <c>by</c>, <c>count</c> and <c>not-author</c>.</summary>
static class ApprovalReader
{
    const int MostPeople = 10;

    /// <summary>Of <c>x-release</c>: before the release's first request.</summary>
    public static ApprovalRule? ReadGate(Field field, Field own, Strategy strategy)
    {
        if (field.IsMissing || field.Node is Scalar { Text: "false" or "False" or "FALSE" or "no" or "No" or "off" or "Off" }) return null;
        if (strategy.SharesRequests)
        {
            // The file's is for those of its services that it can be for.
            if (own.IsMissing) return null;
            field.Error($"with strategy {(strategy == Strategy.Ab ? "ab" : "canary")} approvals are steps", strategy == Strategy.Ab ? "no approve, or a rule of the app: slipway app approvals" : "steps: [{approve: ...}, ...]");
            return null;
        }
        return Read(field) ?? new ApprovalRule();
    }

    /// <returns>Null: any account with rights may give it.</returns>
    public static ApprovalRule? Read(Field field)
    {
        if (field.Node is not Mapping) return OfText(field);
        var rule = new ApprovalRule
        {
            By = Role(field["by"]),
            Count = field["count"].Int(1, MostPeople) ?? 1,
            NotAuthor = field["not-author"].Bool() ?? false,
        };
        if (field.Node is Mapping { Entries.Count: 0 }) field.Error("the approval asks for nothing", "approve: true, or by, count or not-author in it");
        return rule.IsStrict ? rule : null;
    }

    static ApprovalRule? OfText(Field field)
    {
        if (field.Text() is not { } text || field.Node is Scalar { Text: "true" or "True" or "TRUE" or "yes" or "Yes" or "on" or "On" }) return null;
        if (text is not ("false" or "False" or "FALSE" or "no" or "No" or "off" or "Off")) return new ApprovalRule { By = Role(field) };
        field.Error("an approval that isn't asked for is no step", "approve: true, or no such step");
        return null;
    }

    static string? Role(Field field)
    {
        if (field.Text() is not { } role) return null;
        if (RoleNames.IsName(role)) return role;
        field.Error($"'{role}' is no role", $"the name of a role: {RoleNames.Rule}, for example release-managers");
        return null;
    }
}
