using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Dapper;

namespace Slipway.Registry.Auth;

/// <summary>A row of registry_accounts.</summary>
sealed record AccountRow
{
    const string Columns = "a.id, a.name, a.kind, a.project, a.secret, a.admin, a.disabled, a.expires, a.version, a.created";

    public long Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary>"user" or "robot".</summary>
    public string Kind { get; init; } = "";

    public string? Project { get; init; }

    public string Secret { get; init; } = "";

    public long Admin { get; init; }

    public long Disabled { get; init; }

    public string? Expires { get; init; }

    public long Version { get; init; }

    public string Created { get; init; } = "";

    public DateTimeOffset? End => Expires is null ? null : DateTimeOffset.Parse(Expires, CultureInfo.InvariantCulture);

    public static AccountRow? Find(DbConnection connection, string name) =>
        connection.QuerySingleOrDefault<AccountRow>($"SELECT {Columns} FROM registry_accounts a WHERE a.name = @name", new { name });

    public static IReadOnlyList<AccountRow> OfKind(DbConnection connection, string kind, string? project) => connection.Query<AccountRow>(
        $"SELECT {Columns} FROM registry_accounts a WHERE a.kind = @kind AND (@project IS NULL OR a.project = @project) ORDER BY a.name", new { kind, project }).AsList();

    /// <summary>
    /// What an account's version begins with: anywhere, so that a token of an account that was removed is not one of a later account of the same name.
    /// Below 2^52, because tokens carry it as a JSON number.
    /// </summary>
    public static long FirstVersion() => (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 12);

    public bool IsUsable(DateTimeOffset now) => Disabled == 0 && (End is not { } end || now < end);

    /// <summary>What the account may do now: by its memberships, or by a robot's scopes.</summary>
    public Rights Rights(DbConnection connection)
    {
        if (Admin != 0) return Auth.Rights.Admin;
        if (Kind == "robot") return new Rights(Scopes(connection));
        return new Rights(connection.Query<(string Project, string Role)>("SELECT project, role FROM registry_members WHERE account_id = @Id", new { Id })
            .Select(member => new Grant(ScopePattern.OfProject(member.Project), Enum.Parse<ProjectRole>(member.Role).Actions())));
    }

    public IReadOnlyList<Grant> Scopes(DbConnection connection) =>
        [.. connection.Query<(string Pattern, long Actions)>("SELECT pattern, actions FROM registry_scopes WHERE account_id = @Id ORDER BY pattern", new { Id })
            .Where(scope => ScopePattern.TryParse(scope.Pattern, out _))
            .Select(scope => new Grant(ScopePattern.TryParse(scope.Pattern, out var pattern) ? pattern : default, (RegistryActions)scope.Actions))];
}
