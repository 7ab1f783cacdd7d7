using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Registry.Events;
using Slipway.Server.Auth;
using Slipway.Server.Certificates;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Api;

static class CertificatesApi
{
    public static void MapCertificates(this IEndpointRouteBuilder api)
    {
        var certificates = api.MapGroup("/certificates").WithTags("Certificates");

        certificates.MapGet("/", List).WithName("ListCertificates")
            .WithSummary("List the certificates that hosts are served with")
            .WithDescription("Those that were given, and those that the platform has got itself; with what is wrong with them. For administrators.");

        certificates.MapPost("/", Add).WithName("AddCertificate").Errors(400, 409)
            .WithSummary("Give a certificate with its key")
            .WithDescription("Chain and key in PEM. It is served for its names at once, in place of the platform's own. One of the same name is replaced (200): so it is renewed. The key is stored sealed, and never shown. For administrators.");

        certificates.MapDelete("/{name}", Remove).WithName("RemoveCertificate").Errors(404)
            .WithSummary("Remove a certificate that was given")
            .WithDescription("Its hosts get one of the platform's own authority. For administrators.");

        var acme = api.MapGroup("/acme").WithTags("Certificates");

        acme.MapGet("/", Acme).WithName("GetAcme").Errors(404)
            .WithSummary("The authority that certificates are got from over ACME")
            .WithDescription("Its directory, and the account there. For administrators.");

        acme.MapPut("/", SetAcme).WithName("SetAcme").Errors(400)
            .WithSummary("Get certificates from an authority over ACME")
            .WithDescription("Makes an account there at once, and then orders a certificate for every host that is not of this machine alone and has none that was given (RFC 8555; challenges http-01, tls-alpn-01 and dns-01); renews them at two thirds of their life. Hosts that failed are tried again. For administrators.");

        acme.MapDelete("/", RemoveAcme).WithName("RemoveAcme").Errors(404)
            .WithSummary("Get no more certificates over ACME")
            .WithDescription("Those that are there are served until they end. For administrators.");

        api.MapGet("/certificate-authority", Authority).WithName("GetCertificateAuthority").WithTags("Certificates").RequireAuthorization(Credentials.AnyAccount)
            .WithSummary("The root of the platform's own certificates")
            .WithDescription("To be trusted by whoever opens hosts that no other certificate is for; and the next one, where there is one, by then. For every account.");

        api.MapPost("/certificate-authority/renew", Renew).WithName("RenewCertificateAuthority").WithTags("Certificates").Errors(400, 409)
            .WithSummary("Make the next root of the platform's own certificates")
            .WithDescription("It issues after a year, so that clients can be made to trust it; with atOnce from now on, for a key that was lost: every certificate of the own authority is replaced then. Slipway does this by itself in time. For administrators.");
    }

    static Ok<IReadOnlyList<CertificateStatus>> List(Certificates.Certificates certificates) => TypedResults.Ok(certificates.List());

    static async Task<Results<Created<CertificateStatus>, Ok<CertificateStatus>>> Add(CertificateRequest request, Certificates.Certificates certificates, HttpContext context)
    {
        var (status, isNew) = await certificates.Add(request, Caller.Of(context), context.RequestAborted);
        return isNew ? TypedResults.Created($"/api/v1/certificates/{Uri.EscapeDataString(status.Name)}", status) : TypedResults.Ok(status);
    }

    static async Task<NoContent> Remove(string name, Certificates.Certificates certificates, HttpContext context)
    {
        await certificates.Remove(name, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static Ok<AcmeStatus> Acme(AcmeSettings acme) => TypedResults.Ok(acme.Find());

    static async Task<Ok<AcmeStatus>> SetAcme(AcmeRequest request, AcmeSettings acme, HttpContext context) =>
        TypedResults.Ok(await acme.Set(request, Caller.Of(context), context.RequestAborted));

    static async Task<NoContent> RemoveAcme(AcmeSettings acme, HttpContext context)
    {
        await acme.Remove(Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<Ok<AuthorityStatus>> Renew(AuthorityRenewal renewal, OwnAuthority authority, CertificateBell bell, HttpContext context)
    {
        var status = await authority.Renew(renewal.AtOnce, Caller.Of(context), context.RequestAborted);
        bell.Ring();
        return TypedResults.Ok(status);
    }

    static async Task<Ok<AuthorityStatus>> Authority(OwnAuthority authority, CancellationToken cancel) => TypedResults.Ok(await authority.Status(cancel));
}
