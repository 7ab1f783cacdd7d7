using System.Data.Common;
using System.Globalization;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;

namespace Slipway.Registry.Auth;

/// <summary>What every change of rights does: one transaction with its line in the audit log, and then nothing that was remembered is believed any more.</summary>
sealed class AccessChanges(Database.Database database, EventLog events, Authenticator authenticator, PublicProjects projects, TimeProvider time)
{
    public Database.Database Database => database;

    public DateTimeOffset Time => time.GetUtcNow();

    public string Now => Time.ToString("O", CultureInfo.InvariantCulture);

    public async Task<T> Make<T>(Func<DbConnection, T> change, CancellationToken cancel)
    {
        try
        {
            return await database.Write(change, cancel);
        }
        finally
        {
            authenticator.Forget();
            projects.Forget();
        }
    }

    public void Record(DbConnection connection, Caller caller, string action, string target, string detail, string? project = null) =>
        events.Record(connection, caller, new RegistryEvent { Action = action, Target = target, Detail = detail, Repository = project });

    public static string Project(string text) => !text.Contains('/', StringComparison.Ordinal) && RepositoryName.TryParse(text, out _) ? text
        : throw Wrong("project", text, "is no project", "the first segment of a repository's name: a-z and 0-9, inside it '.', '_' or '-'");

    public static InvalidInputException Wrong(string key, string found, string what, string expected) =>
        new(new Diagnostic { Message = $"'{found}' {what}", Key = key, Found = found, Expected = expected });
}
