using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Scanning;

static class ScanningServices
{
    public static IServiceCollection AddScanning(this IServiceCollection services) => services
        .AddSingleton<ScanQueue>()
        .AddSingleton<ScanMetrics>()
        .AddSingleton(all => new Scanner(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<SecretBox>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<ScanQueue>(),
            all.GetRequiredService<RegistryOptions>(), all.GetRequiredService<TimeProvider>()))
        .AddSingleton(all => new Scans(all.GetRequiredService<Database.Database>(), all.GetRequiredService<ScanQueue>()))
        .AddSingleton(all => new ScanRun(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<ScanQueue>(), all.GetRequiredService<Scanner>(), all.GetRequiredService<SecretBox>(),
            all.GetRequiredService<RegistryOptions>(), all.GetRequiredService<ScanMetrics>(), all.GetRequiredService<TimeProvider>(), all.GetRequiredService<ILogger<ScanRun>>(), all.GetService<Tokens>()))
        .AddHostedService<ScanSchedule>();
}
