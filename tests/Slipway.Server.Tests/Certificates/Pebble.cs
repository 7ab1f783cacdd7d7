using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Tests.Certificates;

/// <summary>
/// Debian's pebble: an ACME authority that really looks at the hosts, with a DNS of its own in which every name leads to this machine unless it is
/// told otherwise. It refuses a fifth of all good nonces, as it is made to.
/// </summary>
sealed class Pebble : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("slipway-pebble-").FullName;
    readonly List<Process> _processes = [];
    readonly HttpClient _http;
    readonly int _management = FreePorts.Take(), _names = FreePorts.Take();

    Pebble()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pebble", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(3000));
        OwnRoot = own.ExportCertificatePem();
        File.WriteAllText(Path.Combine(_folder, "cert.pem"), OwnRoot);
        File.WriteAllText(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        Port = FreePorts.Take();
        _http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator, UseProxy = false });
    }

    /// <summary>PEM: what its own server is trusted by, not what it issues with.</summary>
    public string OwnRoot { get; }

    public int Port { get; }

    public string DirectoryUrl => $"https://127.0.0.1:{Port}/dir";

    /// <param name="httpPort">Where hosts are looked at, in place of port 80.</param>
    /// <param name="tlsPort">And in place of port 443.</param>
    /// <param name="accounts">Identifiers and keys (base64url) of the accounts that it knows already, and asks for; null: it asks for none.</param>
    public static async Task<Pebble> Start(int httpPort, int tlsPort, IReadOnlyDictionary<string, string>? accounts = null)
    {
        var pebble = new Pebble();
        var (dns, management) = (FreePorts.Take(), pebble._management);
        await File.WriteAllTextAsync(Path.Combine(pebble._folder, "config.json"), JsonSerializer.Serialize(new
        {
            pebble = new
            {
                listenAddress = $"127.0.0.1:{pebble.Port}",
                managementListenAddress = $"127.0.0.1:{management}",
                certificate = Path.Combine(pebble._folder, "cert.pem"),
                privateKey = Path.Combine(pebble._folder, "key.pem"),
                httpPort,
                tlsPort,
                ocspResponderURL = "",
                externalAccountBindingRequired = accounts is not null,
                externalAccountMACKeys = accounts ?? new Dictionary<string, string>(),
            },
        }));
        pebble.Run("pebble-challtestsrv", "-dns01", $"127.0.0.1:{dns}", "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "", "-management", $"127.0.0.1:{pebble._names}");
        pebble.Run("pebble", "-config", Path.Combine(pebble._folder, "config.json"), "-dnsserver", $"127.0.0.1:{dns}");
        await Eventually.Is(async () =>
        {
            try
            {
                await pebble._http.GetStringAsync($"https://127.0.0.1:{management}/roots/0");
                await pebble.Lead("ready.test", "127.0.0.1");
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return pebble;
    }

    /// <summary>The root of what it issues.</summary>
    public async Task<X509Certificate2> Root() => X509Certificate2.CreateFromPem(await _http.GetStringAsync($"https://127.0.0.1:{_management}/roots/0"));

    /// <summary>Has a name lead to an address.</summary>
    public async Task Lead(string host, string address)
    {
        (await _http.PostAsJsonAsync($"http://127.0.0.1:{_names}/clear-a", new { host = host + "." })).EnsureSuccessStatusCode();
        (await _http.PostAsJsonAsync($"http://127.0.0.1:{_names}/add-a", new { host = host + ".", addresses = new[] { address } })).EnsureSuccessStatusCode();
    }

    /// <summary>A program that makes and removes TXT records in its DNS.</summary>
    public string DnsProgram =>
        $$"""
        #!/bin/sh
        set -e
        case $1 in
          present) curl -sSf http://127.0.0.1:{{_names}}/set-txt -d "{\"host\":\"$2\",\"value\":\"$3\"}" ;;
          cleanup) curl -sSf http://127.0.0.1:{{_names}}/clear-txt -d "{\"host\":\"$2\"}" ;;
        esac
        echo "$1 $2" >> calls
        """;

    /// <summary>Ends the processes, and leaves the rest.</summary>
    public async Task Stop()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        _processes.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PEBBLE_VA_NOSLEEP"] = "1";
        start.Environment["PEBBLE_WFE_NONCEREJECT"] = "20";
        start.Environment["PEBBLE_AUTHZREUSE"] = "0";
        start.Environment.Remove("PEBBLE_VA_ALWAYS_VALID");
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }
}
