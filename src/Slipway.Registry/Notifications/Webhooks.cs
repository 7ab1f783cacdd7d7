using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Slipway.Delivery;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Notifications;

/// <summary>The receivers of events: made, listed, tried, removed. Thread-safe.</summary>
public sealed partial class Webhooks
{
    const int CountedWaiting = 10_000;
    static readonly string[] Actions = ["push", "pull", "mount", "delete", "scan"];

    readonly Database.Database _database;
    readonly SecretBox _secrets;
    readonly WebhookSender _sender;
    readonly EventLog _events;
    readonly WebhookOptions _options;
    readonly TimeProvider _time;

    internal Webhooks(Database.Database database, SecretBox secrets, WebhookSender sender, EventLog events, WebhookOptions options, TimeProvider time) =>
        (_database, _secrets, _sender, _events, _options, _time) = (database, secrets, sender, events, options, time);

    public IReadOnlyList<WebhookStatus> List() =>
        _database.Read(connection => WebhookRow.All(connection).Select(hook => hook.Status(hook.Waiting(connection, CountedWaiting))).ToList());

    /// <summary>Adds a receiver of what happens from now on. Its answer alone shows the secret.</summary>
    /// <exception cref="InvalidInputException">Something of it is no name, URL, project, action or secret.</exception>
    /// <exception cref="ConflictException">There is one of that name.</exception>
    public async Task<WebhookStatus> Add(WebhookRequest request, Caller caller, CancellationToken cancel)
    {
        var wrong = Check(request, _options.Allowed).ToList();
        if (wrong.Count > 0) throw new InvalidInputException(wrong);
        var secret = request.Secret ?? Signature.NewSecret();
        var now = _time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        var row = await _database.Write(
            connection =>
            {
                if (WebhookRow.Find(connection, request.Name) is not null) throw new ConflictException($"There is a webhook '{request.Name}' already: remove it first, or choose another name.");
                connection.Execute(
                    """
                    INSERT INTO registry_webhooks (name, url, project, actions, secret, position, delivered, dropped, failures, next, created)
                    SELECT @Name, @Url, @Project, @actions, @secret, coalesce(max(id), 0), 0, 0, 0, @now, @now FROM registry_events
                    """,
                    new
                    {
                        request.Name, request.Url, request.Project, now,
                        actions = string.Join(',', request.Actions.Count == 0 ? ["push", "delete"] : request.Actions.Distinct()),
                        secret = _secrets.Seal(secret, WebhookRow.Purpose(request.Name)),
                    });
                _events.Record(connection, caller, new RegistryEvent { Action = "create", Target = "webhook", Detail = $"{request.Name} to {request.Url}" });
                return WebhookRow.Find(connection, request.Name)!;
            },
            cancel);
        return row.Status(0) with { Secret = secret };
    }

    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public Task Remove(string name, Caller caller, CancellationToken cancel) => _database.Write(
        connection =>
        {
            if (connection.Execute("DELETE FROM registry_webhooks WHERE name = @name", new { name }) == 0) throw Unknown(name);
            _events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "webhook", Detail = name });
        },
        cancel);

    /// <summary>Sends an envelope without events, now, and says what came of it.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    public Task<WebhookTrial> Try(string name, CancellationToken cancel)
    {
        var hook = _database.Read(connection => WebhookRow.Find(connection, name)) ?? throw Unknown(name);
        var id = $"test-{Guid.NewGuid():D}";
        return _sender.Send(hook.Url, _secrets.Open(hook.Secret, WebhookRow.Purpose(name)), id, Envelope.Of([]), Envelope.MediaType, cancel);
    }

    NotFoundException Unknown(string name)
    {
        var names = List().Select(hook => hook.Name).ToList();
        return new NotFoundException($"There is no webhook '{name}'{(names.Count == 0 ? "." : $": there are {string.Join(", ", names)}.")}");
    }

    static IEnumerable<Diagnostic> Check(WebhookRequest request, IReadOnlyList<System.Net.IPNetwork> allowed)
    {
        if (!Name().IsMatch(request.Name)) yield return Wrong("name", request.Name, "is no name of a webhook", "1 to 64 of a-z, 0-9, '-', '_', '.', beginning with a letter or digit");
        if (ReceiverAddresses.Check(request.Url, allowed) is { } noUrl) yield return noUrl;
        if (request.Project is { } project && (project.Contains('/', StringComparison.Ordinal) || !RepositoryName.TryParse(project, out _)))
            yield return Wrong("project", project, "is no project", "the first segment of a repository's name");
        foreach (var action in request.Actions.Where(action => !Actions.Contains(action)))
            yield return Wrong("actions", action, "is no action", string.Join(", ", Actions));
        if (request.Secret is { } secret && !Signature.IsSecret(secret)) yield return Wrong("secret", "(secret)", "is no signing secret", Signature.Expected);
    }

    static Diagnostic Wrong(string key, string found, string what, string expected) => new() { Message = $"'{found}' {what}", Key = key, Found = found, Expected = expected };

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
