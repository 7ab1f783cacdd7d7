using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>
/// A TXT record of _acme-challenge.HOST (RFC 8555, section 8.4), which a program of the operator's makes and removes. The only proof that wildcards can be had by.
/// </summary>
/// <param name="wait">Until the DNS of the world has the record.</param>
sealed class DnsProof(DnsHook hook, TimeSpan wait, TimeProvider time) : HostProof
{
    readonly List<(string Host, string Value)> _shown = [];

    public override string Type => "dns-01";

    public override async Task Show(string host, string token, string authorization, CancellationToken cancel)
    {
        var value = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(authorization)));
        // Before: a program that fails may have made it all the same.
        _shown.Add((host, value));
        await hook.Run("present", RecordOf(host), value, cancel);
        await Task.Delay(wait, time, cancel);
    }

    public override async Task Withdraw(string host)
    {
        foreach (var shown in _shown.Where(one => one.Host == host).ToList())
        {
            _shown.Remove(shown);
            try
            {
                await hook.Run("cleanup", RecordOf(host), shown.Value, CancellationToken.None);
            }
            catch (AcmeException left)
            {
                hook.Warn(left.Message);
            }
        }
    }

    public override string Failure(string host, string? kind) => kind switch
    {
        "dns" or "unauthorized" or "incorrectResponse" => $"The authority does not find the record that {hook.Name} made for {RecordOf(host)}. Did it make it in the right zone, and does --dns-wait leave the DNS enough time?",
        _ => $"The authority could not see that {host} is ours",
    };

    static string RecordOf(string host) => $"_acme-challenge.{host}.";
}
