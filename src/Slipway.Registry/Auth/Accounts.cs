using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;

namespace Slipway.Registry.Auth;

/// <summary>The users. Thread-safe.</summary>
public sealed class Accounts
{
    readonly AccessChanges _changes;

    internal Accounts(AccessChanges changes) => _changes = changes;

    public IReadOnlyList<AccountStatus> List() => _changes.Database.Read(connection =>
    {
        var roles = connection.Query<(long Account, string Project, string Role)>("SELECT account_id, project, role FROM registry_members ORDER BY project").ToLookup(member => member.Account);
        return AccountRow.OfKind(connection, "user", null).Select(account => Status(account, roles[account.Id].Select(member => (member.Project, member.Role)))).ToList();
    });

    /// <summary>Whether there is a user or a robot of that name.</summary>
    public bool Has(string name) => _changes.Database.Read(connection => AccountRow.Find(connection, name)) is not null;

    /// <exception cref="InvalidInputException">No name of a user, or a password that is too short or too long.</exception>
    /// <exception cref="ConflictException">There is one of that name.</exception>
    public async Task<AccountStatus> Add(AccountRequest request, Caller caller, CancellationToken cancel)
    {
        if (!AccountName.IsUser(request.Name))
            throw AccessChanges.Wrong("name", request.Name, AccountName.IsReserved(request.Name) ? "is the platform's own name" : "is no name of a user", AccountName.UserRule);
        var secret = Hashed(request.Password);
        return await _changes.Make(
            connection =>
            {
                if (AccountRow.Find(connection, request.Name) is not null) throw new ConflictException($"There is an account '{request.Name}' already.");
                connection.Execute(
                    """
                    INSERT INTO registry_accounts (name, kind, secret, admin, disabled, version, created, creator)
                    VALUES (@Name, 'user', @secret, @admin, 0, @version, @now, @creator)
                    """,
                    new { request.Name, secret, admin = request.Admin ? 1 : 0, version = AccountRow.FirstVersion(), now = _changes.Now, creator = caller.Name });
                _changes.Record(connection, caller, "create", "account", request.Admin ? $"{request.Name}, admin" : request.Name);
                return Status(AccountRow.Find(connection, request.Name)!, []);
            },
            cancel);
    }

    /// <summary>Changes what is not null. A changed password, a lost admin right and being disabled end every token that was given out before.</summary>
    /// <exception cref="NotFoundException">There is no such user.</exception>
    /// <exception cref="InvalidInputException">The password is too short or too long, or nothing is to change.</exception>
    public async Task Change(string name, AccountChange change, Caller caller, CancellationToken cancel)
    {
        if (change is { Password: null, Admin: null, Disabled: null })
            throw new InvalidInputException(new Diagnostic { Message = "nothing is to change", Expected = "password, admin or disabled" });
        var secret = change.Password is { } password ? Hashed(password) : null;
        await _changes.Make(
            connection =>
            {
                var account = Require(connection, name);
                connection.Execute(
                    "UPDATE registry_accounts SET secret = coalesce(@secret, secret), admin = @admin, disabled = @disabled, version = version + 1 WHERE id = @Id",
                    new { account.Id, secret, admin = change.Admin is { } admin ? (admin ? 1 : 0) : account.Admin, disabled = change.Disabled is { } disabled ? (disabled ? 1 : 0) : account.Disabled });
                var what = new List<string>();
                if (secret is not null) what.Add("password");
                if (change.Admin is { } isAdmin) what.Add(isAdmin ? "is admin" : "is no admin");
                if (change.Disabled is { } isDisabled) what.Add(isDisabled ? "disabled" : "enabled");
                _changes.Record(connection, caller, "change", "account", $"{name}: {string.Join(", ", what)}");
                return true;
            },
            cancel);
    }

    /// <exception cref="NotFoundException">There is no such user.</exception>
    public Task Remove(string name, Caller caller, CancellationToken cancel) => _changes.Make(
        connection =>
        {
            connection.Execute("DELETE FROM registry_accounts WHERE id = @Id", new { Require(connection, name).Id });
            _changes.Record(connection, caller, "delete", "account", name);
            return true;
        },
        cancel);

    internal static AccountRow Require(DbConnection connection, string name) => Find(connection, name)
        ?? throw new NotFoundException($"There is no user '{name}'{Known(AccountRow.OfKind(connection, "user", null).Select(known => known.Name).ToList())}");

    internal static AccountRow? Find(DbConnection connection, string name) => AccountRow.Find(connection, name) is { Kind: "user" } account ? account : null;

    internal static string Known(IReadOnlyList<string> names) => names.Count switch { 0 => ".", <= 10 => $": there are {string.Join(", ", names)}.", _ => "." };

    static string Hashed(string password) => password.Length is >= Passwords.MinLength and <= Passwords.MaxLength ? Passwords.OfPassword(password)
        : throw new InvalidInputException(new Diagnostic { Message = $"the password has {password.Length} characters", Key = "password", Expected = $"{Passwords.MinLength} to {Passwords.MaxLength} characters" });

    static AccountStatus Status(AccountRow account, IEnumerable<(string Project, string Role)> roles) => new()
    {
        Name = account.Name,
        Admin = account.Admin != 0,
        Disabled = account.Disabled != 0,
        Created = DateTimeOffset.Parse(account.Created, CultureInfo.InvariantCulture),
        Projects = roles.ToDictionary(role => role.Project, role => Enum.Parse<ProjectRole>(role.Role)),
    };
}
