namespace Slipway.Pipelines.Images;

/// <summary>Where images go to and come from.</summary>
public sealed record ImageOptions
{
    /// <summary>Host and port of our own registry as the engine reaches it. A loopback address, because the engine speaks plain HTTP only to those.</summary>
    public string RegistryAddress { get; init; } = "127.0.0.1:8080";

    /// <summary>The password of the registry's user admin; asked for at each use, because the token may be renewed.</summary>
    public required Func<string> RegistryPassword { get; init; }

    /// <summary>Install mmdebstrap with apt-get where it is missing and needed. Takes root. Default: no, an error says what to install.</summary>
    public bool InstallMissing { get; init; }

    /// <summary>How long a public registry may take to answer at all; once it answers, a pull may take 10 minutes. Default: 5 seconds.</summary>
    public TimeSpan PublicTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The Debian mirror from which base images are made: http://deb.debian.org/debian for example. Default: the one that this machine's apt uses.</summary>
    public string? DebianMirror { get; init; }
}
