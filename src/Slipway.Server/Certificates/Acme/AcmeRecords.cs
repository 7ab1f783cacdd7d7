namespace Slipway.Server.Certificates.Acme;

/// <summary>Which authority certificates are got from by themselves.</summary>
public sealed record AcmeRequest
{
    /// <summary>https URL of its directory (RFC 8555, section 7.1.1).</summary>
    public required string Directory { get; init; }

    /// <summary>Where it may write to.</summary>
    public string? Email { get; init; }

    /// <summary>PEM of the roots that its own server is trusted by; null: those of the system.</summary>
    public string? Roots { get; init; }

    /// <summary>Its terms of service are agreed to; without that there is no account.</summary>
    public bool AgreesToTerms { get; init; }
}

/// <summary>The authority, and the account there.</summary>
public sealed record AcmeStatus
{
    public required string Directory { get; init; }

    public string? Email { get; init; }

    /// <summary>The account's URL.</summary>
    public required string Account { get; init; }

    public required string SetBy { get; init; }

    public required DateTimeOffset Changed { get; init; }
}
