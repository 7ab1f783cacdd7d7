using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Registry.Tests.Auth;

/// <summary>A registry that asks who comes, with what tests need to say who that is.</summary>
public sealed class AccessHost : IAsyncDisposable
{
    public const string AdminToken = "the-admin-token-of-this-test", Password = "a good password";

    AccessHost(RegistryHost registry) => Registry = registry;

    public RegistryHost Registry { get; }

    public HttpClient Admin => As("admin", AdminToken);

    public HttpClient Anonymous => new() { BaseAddress = Registry.Client.BaseAddress };

    public Accounts Accounts => Registry.Services.GetRequiredService<Accounts>();

    public Projects Projects => Registry.Services.GetRequiredService<Projects>();

    public Robots Robots => Registry.Services.GetRequiredService<Robots>();

    public AuditLog Audit => Registry.Services.GetRequiredService<AuditLog>();

    public static async Task<AccessHost> Start(Func<AccessOptions, AccessOptions>? configure = null)
    {
        var access = new AccessOptions { AdminToken = () => AdminToken };
        return new AccessHost(await RegistryHost.Start(options => options with { Access = configure?.Invoke(access) ?? access }));
    }

    public HttpClient As(string name, string password = Password)
    {
        var client = Anonymous;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));
        return client;
    }

    public HttpClient With(string token)
    {
        var client = Anonymous;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<HttpClient> User(string name, params (string Project, ProjectRole Role)[] roles)
    {
        await Accounts.Add(new AccountRequest { Name = name, Password = Password }, Caller.Server, default);
        foreach (var (project, role) in roles) await Projects.SetMember(project, name, role, Caller.Server, default);
        return As(name);
    }

    public Task<RobotStatus> Robot(string project, string name, string repositories, params string[] actions) =>
        Robots.Add(new RobotRequest { Name = name, Project = project, Scopes = [new RobotScope { Repositories = repositories, Actions = actions }] }, Rights.Admin, Caller.Server, default);

    public static async Task<JsonElement> Token(HttpClient client, params string[] scopes)
    {
        var query = string.Join('&', scopes.Select(scope => "scope=" + Uri.EscapeDataString(scope)));
        using var json = JsonDocument.Parse(await client.GetStringAsync($"/v2/token?service=slipway-registry&{query}"));
        return json.RootElement.Clone();
    }

    /// <summary>A client with a token for the scopes, as docker has one.</summary>
    public async Task<HttpClient> WithToken(HttpClient client, params string[] scopes) => With((await Token(client, scopes)).GetProperty("token").GetString()!);

    public ValueTask DisposeAsync() => Registry.DisposeAsync();
}
