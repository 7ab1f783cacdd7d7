namespace Slipway.Server.Notifications;

static class NotificationServices
{
    /// <summary>What people work with. Sender, seal and options are those of the registry's webhooks: there is one way in which this server posts to others.</summary>
    public static void AddReleaseWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<ReleaseOutbox>();
        services.AddSingleton<ReleaseWebhooks>();
    }
}
