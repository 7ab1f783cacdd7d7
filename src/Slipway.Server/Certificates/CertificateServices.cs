using Slipway.Database;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Certificates;

static class CertificateServices
{
    public static MigrationSet Migrations { get; } = MigrationSet.FromAssembly("certificates", typeof(CertificateServices).Assembly);

    /// <summary>What people and the keeper work with.</summary>
    public static void AddCertificates(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(new TlsAddresses(options.GatewayHttps.Count > 0));
        services.AddSingleton<CertificateBell>();
        services.AddSingleton<OwnAuthority>();
        services.AddSingleton<Certificates>();
        services.AddSingleton<AcmeSettings>();
        services.AddSingleton<AcmeIssuance>();
    }
}
