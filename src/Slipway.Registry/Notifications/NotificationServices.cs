using Microsoft.Extensions.DependencyInjection;
using Slipway.Delivery;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Notifications;

static class NotificationServices
{
    public static IServiceCollection AddNotifications(this IServiceCollection services, WebhookOptions options) => services
        .AddSingleton(options)
        .AddSingleton<WebhookSender>()
        .AddSingleton(provider => new Webhooks(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<SecretBox>(), provider.GetRequiredService<WebhookSender>(),
            provider.GetRequiredService<EventLog>(), options, provider.GetRequiredService<TimeProvider>()))
        .AddHostedService<WebhookDelivery>();
}
