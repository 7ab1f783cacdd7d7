using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Registry;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Verifying;

// A registry as a process of its own, to be killed: DATA/slipway.db, DATA/registry, listening at the socket. It collects garbage without a pause and
// with short leases, so that a kill finds it in the middle of everything.
//   Slipway.Registry.Process DATA SOCKET LEASE-MILLISECONDS

var (data, socket, lease) = (args[0], args[1], TimeSpan.FromMilliseconds(int.Parse(args[2], CultureInfo.InvariantCulture)));
File.Delete(socket);
await using var database = Database.Open(Path.Combine(data, "slipway.db"), RegistryExtensions.RegistryMigrations);
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
builder.Services.AddRoutingCore().AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error)).AddSingleton(database).AddRegistry(new RegistryOptions
{
    Folder = Path.Combine(data, "registry"),
    MinFreeBytes = 0,
    Lease = lease,
    UploadLifetime = 5 * lease,
    Collection = new CollectionOptions { StrayAge = lease, Claim = TimeSpan.FromMilliseconds(100) },
    Scrub = new ScrubOptions { BytesPerSecond = 0 },
});
await using var app = builder.Build();
app.UseRouting();
app.MapRegistry();
app.MapGet("/verify", async (HttpContext context) =>
{
    await foreach (var line in app.Services.GetRequiredService<Verifier>().Verify(withdraw: false, 1, Caller.Server, context.RequestAborted))
    {
        if (line.Finding is { } finding) await context.Response.WriteAsync(JsonSerializer.Serialize(finding) + "\n");
        if (line.Report is { } report) await context.Response.WriteAsync(report.Clean ? "clean\n" : "not clean\n");
    }
});
await app.Services.CheckRegistryStore(default);
await app.StartAsync();
// Started ahead of its time, it waits here with everything loaded.
Console.WriteLine("ready");
var collector = app.Services.GetRequiredService<GarbageCollector>();
while (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
{
    try
    {
        await collector.Collect(new CollectionRequest { AllStrays = true, UntaggedAfter = lease }, Caller.Server, cancel: app.Lifetime.ApplicationStopping);
        await Task.Delay(5);
    }
    catch (OperationCanceledException)
    {
        break;
    }
}
