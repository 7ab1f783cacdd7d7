namespace Slipway.Server.Leading;

/// <summary>
/// Background work that one server at a time may do: what <paramref name="add"/> registers as hosted services is started by <see cref="Leader"/> when this
/// server leads, and not before.
/// </summary>
static class LedServices
{
    public static void AddLed(this IServiceCollection services, Action<IServiceCollection> add)
    {
        var before = services.Count;
        add(services);
        var led = services.Skip(before).Where(service => service.ServiceType == typeof(IHostedService)).ToList();
        foreach (var service in led) services.Remove(service);
        services.AddSingleton<Leader>(all => ActivatorUtilities.CreateInstance<Leader>(all, new Led([.. led.Select(service => Make(all, service))])));
        services.AddHostedService(all => all.GetRequiredService<Leader>());
    }

    static Func<IHostedService> Make(IServiceProvider all, ServiceDescriptor service) => service switch
    {
        { ImplementationFactory: { } factory } => () => (IHostedService)factory(all),
        { ImplementationType: { } type } => () => (IHostedService)ActivatorUtilities.CreateInstance(all, type),
        _ => () => (IHostedService)service.ImplementationInstance!,
    };
}

/// <summary>What the leader starts.</summary>
sealed record Led(IReadOnlyList<Func<IHostedService>> Services);
