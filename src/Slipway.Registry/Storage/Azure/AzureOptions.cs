using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// A container of Azure Blob Storage, or of what speaks its protocol. One credential of three: <see cref="Account"/> with <see cref="Key"/>,
/// <see cref="ConnectionString"/>, <see cref="Sas"/>.
/// </summary>
public sealed record AzureOptions : StorageOptions
{
    /// <summary>Of the storage account.</summary>
    public string? Account { get; init; }

    /// <summary>One of the account's two access keys, base64.</summary>
    public string? Key { get; init; }

    /// <summary>As the portal shows it: "DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...".</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The token of a shared access signature ("sv=...&amp;sig=..."), for the account or for the container.</summary>
    public string? Sas { get; init; }

    public required string Container { get; init; }

    /// <summary>https://ACCOUNT.blob.core.windows.net where null: another for a sovereign cloud or one's own server, with the account's name in it.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Before every name, without slashes at the ends; empty: none. Other programs may have the rest of the container.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>How long one attempt of one request may take; at most 8 MiB go with it, except for blobs above 300 GiB. Default: 100 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Buffers of 8 MiB of all uploads together; one that finds none waits. Default: 16, which is 128 MiB.</summary>
    public int Buffers { get; init; } = 16;

    public override string Place => $"azure container {Container} at {Address}{(Prefix.Length > 0 ? $", prefix {Prefix}" : "")}";

    /// <summary>Sizes of blocks.</summary>
    internal BlockSizes Blocks { get; init; } = BlockSizes.Default;

    /// <summary>Blobs that are asked for in one listing; 5,000 are the most that Azure gives.</summary>
    internal int Page { get; init; } = 5000;

    /// <summary>The pause before the second attempt; it doubles.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Everything that is wrong with them, each as "key: what, and what would be right"; empty where nothing is.</summary>
    public IEnumerable<string> Errors()
    {
        if (!IsContainerName(Container)) yield return $"container: '{Container}' is no name of a container; it has 3 to 63 of a-z, 0-9 and single hyphens, and begins and ends with a letter or digit.";
        var given = (Key is null ? 0 : 1) + (ConnectionString is null ? 0 : 1) + (Sas is null ? 0 : 1);
        if (given != 1) yield return $"key: {(given == 0 ? "no credential is given" : "several credentials are given")}; give one of 'key' (with 'account'), 'connectionString', 'sas'.";
        if (Key is not null && !IsBase64(Key)) yield return "key: it is no base64 text; copy one of the account's access keys whole.";
        if (Key is not null && Account is null) yield return "account: it is missing; the access key needs the name of its account.";
        if (Sas is not null && !Sas.Contains("sig=", StringComparison.Ordinal)) yield return "sas: it has no 'sig='; give the token (\"sv=...&sig=...\"), which begins behind the question mark of a SAS address.";
        if (Sas is not null && Account is null && Endpoint is null) yield return "account: it is missing; a SAS needs 'account' or 'endpoint'.";
        if (ConnectionString is not null && ConnectionStringError() is { } error) yield return $"connectionString: it can't be read ({error.TrimEnd('.')}); copy it whole from the account's access keys.";
        if (Endpoint is { } at && (!at.IsAbsoluteUri || at.Scheme is not ("http" or "https"))) yield return $"endpoint: '{at}' is no address; https://ACCOUNT.blob.core.windows.net would be one.";
        if (Redirect && Key is null && ConnectionString?.Contains("AccountKey=", StringComparison.OrdinalIgnoreCase) is not true)
            yield return "redirect: addresses for clients are signed with the account's key; give 'account' and 'key', or a 'connectionString' with the key, or leave 'redirect' out.";
    }

    internal override IBlobStore Open() => new AzureBlobStore(this);

    internal BlobContainerClient Connect()
    {
        var client = new BlobClientOptions
        {
            Retry = { Mode = RetryMode.Exponential, MaxRetries = 3, Delay = RetryDelay, MaxDelay = TimeSpan.FromSeconds(5), NetworkTimeout = Timeout },
            Diagnostics = { IsLoggingEnabled = false, IsDistributedTracingEnabled = false, IsTelemetryEnabled = false },
        };
        if (ConnectionString is not null) return new BlobContainerClient(ConnectionString, Container, client);
        var container = new BlobUriBuilder(ServiceAddress) { BlobContainerName = Container };
        if (Key is not null) return new BlobContainerClient(container.ToUri(), new StorageSharedKeyCredential(Account, Key), client);
        return new BlobContainerClient(new UriBuilder(container.ToUri()) { Query = Sas!.TrimStart('?') }.Uri, client);
    }

    Uri ServiceAddress => Endpoint ?? new Uri($"https://{Account}.blob.core.windows.net");

    string Address
    {
        get
        {
            if (ConnectionString is null) return ServiceAddress.AbsoluteUri.TrimEnd('/');
            return ConnectionStringError() is null ? new BlobServiceClient(ConnectionString).Uri.GetLeftPart(UriPartial.Path).TrimEnd('/') : "an address that can't be read";
        }
    }

    string? ConnectionStringError()
    {
        try
        {
            _ = new BlobServiceClient(ConnectionString);
            return null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            return error.Message;
        }
    }

    static bool IsContainerName(string name) =>
        name.Length is >= 3 and <= 63 && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);

    static bool IsBase64(string text) => text.Length > 0 && Convert.TryFromBase64String(text, new byte[text.Length], out _);
}
