using Slipway.Server.Certificates;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/certificates, /api/v1/acme, /api/v1/certificate-authority</summary>
static class CertificateCalls
{
    public const string CertificatesPath = "/certificates", AuthorityPath = "/certificate-authority", AcmePath = "/acme";

    public static Task<IReadOnlyList<CertificateStatus>> Certificates(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + CertificatesPath, CertificatesJson.Default.IReadOnlyListCertificateStatus, cancel);

    public static async Task<(CertificateStatus Status, bool IsNew)> AddCertificate(this ApiClient api, CertificateRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1" + CertificatesPath, ApiClient.Json(request, CertificatesJson.Default.CertificateRequest), cancel);
        return (await api.Read(answer, CertificatesJson.Default.CertificateStatus, cancel), answer.StatusCode == System.Net.HttpStatusCode.Created);
    }

    public static async Task RemoveCertificate(this ApiClient api, string name, CancellationToken cancel) =>
        (await api.Send(HttpMethod.Delete, $"/api/v1{CertificatesPath}/{Uri.EscapeDataString(name)}", null, cancel)).Dispose();

    public static Task<AuthorityStatus> CertificateAuthority(this ApiClient api, CancellationToken cancel) =>
        api.Get("/api/v1" + AuthorityPath, CertificatesJson.Default.AuthorityStatus, cancel);

    public static async Task<AuthorityStatus> RenewAuthority(this ApiClient api, bool atOnce, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{AuthorityPath}/renew", ApiClient.Json(new AuthorityRenewal { AtOnce = atOnce }, CertificatesJson.Default.AuthorityRenewal), cancel);
        return await api.Read(answer, CertificatesJson.Default.AuthorityStatus, cancel);
    }

    public static Task<AcmeStatus> Acme(this ApiClient api, CancellationToken cancel) => api.Get("/api/v1" + AcmePath, CertificatesJson.Default.AcmeStatus, cancel);

    public static async Task<AcmeStatus> SetAcme(this ApiClient api, AcmeRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, "/api/v1" + AcmePath, ApiClient.Json(request, CertificatesJson.Default.AcmeRequest), cancel);
        return await api.Read(answer, CertificatesJson.Default.AcmeStatus, cancel);
    }

    public static async Task RemoveAcme(this ApiClient api, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, "/api/v1" + AcmePath, null, cancel)).Dispose();
}
