using Slipway.Cli.Installing;
using Slipway.Server;
using Slipway.Server.Data;

namespace Slipway.Cli.Supervising;

/// <summary>What was asked of 'slipway up'; null and empty: as before, or the default.</summary>
sealed record UpRequest
{
    public required DataFolder Folder { get; init; }

    public ListenAddress? Listen { get; init; }

    public IReadOnlyList<ListenAddress> GatewayHttp { get; init; } = [];

    /// <summary>Null: as before, or the default; empty: nowhere.</summary>
    public IReadOnlyList<ListenAddress>? GatewayHttps { get; init; }

    /// <summary>combined, json or off.</summary>
    public string? AccessLog { get; init; }

    public int? AccessLogKeep { get; init; }

    /// <summary>In CIDR notation; one that is "none" trusts nobody.</summary>
    public IReadOnlyList<string>? TrustProxy { get; init; }

    public string? Transport { get; init; }

    /// <summary>DOCKER_HOST of the person's shell.</summary>
    public string? DockerHost { get; init; }

    /// <summary>Stay, and stop everything when asked to end.</summary>
    public bool Foreground { get; init; }
}

/// <summary>Where everything listens.</summary>
/// <param name="WasUp">Nothing had to be started.</param>
sealed record UpOutcome(bool WasUp, string Url, IReadOnlyList<ListenAddress> GatewayHttp, IReadOnlyList<ListenAddress> GatewayHttps, string TokenFile, string Version);

/// <summary>Brings engine, gateway and server up; safe to repeat. Says to <paramref name="output"/> what takes time.</summary>
sealed class Up(TextWriter output, TimeProvider time)
{
    public async Task<UpOutcome> Run(UpRequest request, CancellationToken cancel)
    {
        var folder = request.Folder;
        folder.Prepare();
        var stored = UpSettings.Find(folder);
        var before = ProcessReport.Of(folder);
        var settings = Settings(request, stored, before);
        if (before is { Supervisor: { } watcher } && !request.Foreground)
        {
            if (SlipwayProgram.IsRunBy(watcher)) return await Readiness.Wait(folder, settings, wasUp: true, time, cancel);
            before = await ChangeOver(folder, cancel);
        }

        RefuseForeignServer(folder, before);
        RefuseTakenPort(settings, before);
        await new EngineInstaller(folder, settings.DockerHost, output, time).EnsureRunning(cancel);
        settings.Write(folder);
        if (request.Foreground) return await RunHere(folder, settings, cancel);

        using var supervisor = Detached.Start(SlipwayProgram.Executable, Watched.Supervisor(folder).Arguments, Watched.Supervisor(folder).Log);
        try
        {
            return await Readiness.Wait(folder, settings, wasUp: false, time, cancel);
        }
        catch when (before is { Server: null, Gateway: null })
        {
            // All of it was started just now, and it does not work: nothing is left half-done.
            await new Down(output, time).StopProcesses(folder, CancellationToken.None);
            throw;
        }
    }

    /// <summary>A newer build takes the place of the one that runs. The apps' instances are the engine's and run on.</summary>
    async Task<ProcessReport> ChangeOver(DataFolder folder, CancellationToken cancel)
    {
        await output.WriteLineAsync("Another build of Slipway is up: changing over to this one. The apps run on; the gateway is away for a moment.");
        await new Down(output, time).StopProcesses(folder, cancel);
        return ProcessReport.Of(folder);
    }

    async Task<UpOutcome> RunHere(DataFolder folder, UpSettings settings, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new Supervisor(folder, settings, SlipwayProgram.Executable, output, time).Run(cancel);
        var ready = Readiness.Wait(folder, settings, wasUp: false, time, ended.Token);
        if (await Task.WhenAny(running, ready) == ready && ready.IsCompletedSuccessfully)
            await new UpReport(output, folder).Write(await ready);
        else
            await ended.CancelAsync();
        await running;
        return await ready;
    }

    /// <summary>What is asked for wins over what was chosen before, and that over the defaults. What runs already can't be changed under way.</summary>
    UpSettings Settings(UpRequest request, UpSettings? stored, ProcessReport running)
    {
        var listen = request.Listen ?? stored?.Listen ?? ListenAddress.Parse(ServerOptions.DefaultListen, "--listen");
        var gateway = request.GatewayHttp.Count > 0 ? request.GatewayHttp : stored?.GatewayHttp ?? [DefaultGateway()];
        // Who upgrades keeps the addresses that were chosen: a port is not taken unasked.
        var https = request.GatewayHttps ?? (stored is null ? DefaultHttps(gateway) : stored.GatewayHttps);
        var settings = new UpSettings
        {
            Listen = listen,
            GatewayHttp = gateway,
            GatewayHttps = https,
            DockerHost = request.DockerHost ?? stored?.DockerHost,
            AccessLog = request.AccessLog == "off" ? null : request.AccessLog ?? stored?.AccessLog,
            AccessLogKeep = request.AccessLogKeep ?? stored?.AccessLogKeep,
            TrustProxy = request.TrustProxy is ["none"] ? null : request.TrustProxy ?? stored?.TrustProxy,
            Transport = request.Transport == "auto" ? null : request.Transport ?? stored?.Transport,
        };
        if (running is { Supervisor: null, Server: null, Gateway: null } || stored is null || settings.IsSameAs(stored)) return settings;
        var engine = settings.DockerHost == stored.DockerHost ? "" : $"\nThe engine it uses is {stored.DockerHost ?? "the local one"}; DOCKER_HOST says {settings.DockerHost}.";
        throw new CommandFailedException(
            $"Slipway is up with other options: {stored.AsOptions()}{engine}\nTo change them: slipway down --data {request.Folder.Path} && slipway up --data {request.Folder.Path} {settings.AsOptions()}");
    }

    ListenAddress DefaultGateway()
    {
        var usual = ListenAddress.Parse(ServerOptions.DefaultGatewayHttp, "--gateway-http");
        if (usual.WhyNot() is not { } reason) return usual;
        var other = new ListenAddress("*", 8000);
        if (usual == other || other.WhyNot() is not null) return usual;
        output.WriteLine($"The gateway takes {other}, for {usual} is not free: {reason}. (Choose another with --gateway-http.)");
        return other;
    }

    /// <summary>The usual port where it can be had, else 8443, else none: nobody has asked for TLS.</summary>
    List<ListenAddress> DefaultHttps(IReadOnlyList<ListenAddress> http)
    {
        var usual = new ListenAddress("*", Environment.IsPrivilegedProcess ? 443 : 8443);
        var other = new ListenAddress("*", 8443);
        foreach (var address in new[] { usual, other }.Distinct())
        {
            if (http.Any(taken => taken.Port == address.Port) || address.WhyNot() is not null) continue;
            if (address != usual) output.WriteLine($"The gateway takes {address} for https, for {usual} is not free: {usual.WhyNot()}. (Choose another with --gateway-https.)");
            return [address];
        }
        output.WriteLine($"The gateway serves no https, for {other} is not free: {other.WhyNot() ?? "--gateway-http has it"}. (Choose an address with --gateway-https.)");
        return [];
    }

    static void RefuseTakenPort(UpSettings settings, ProcessReport running)
    {
        if (running.Server is null && settings.Listen.WhyNot() is { } platform)
            throw new CommandFailedException($"The server can't listen on {settings.Listen}: {platform}. Choose another address with --listen ADDRESS:PORT.");
        if (running.Gateway is not null) return;
        foreach (var address in settings.GatewayHttp)
            if (address.WhyNot() is { } reason)
                throw new CommandFailedException($"The gateway can't listen on {address}: {reason}. Choose another address with --gateway-http :PORT.");
        foreach (var address in settings.Https)
            if (address.WhyNot() is { } reason)
                throw new CommandFailedException($"The gateway can't listen on {address}: {reason}. Choose another address with --gateway-https :PORT, or none: --gateway-https off.");
    }

    /// <summary>A server that somebody started by hand on this folder holds its lock: another one would be started in vain, over and over.</summary>
    static void RefuseForeignServer(DataFolder folder, ProcessReport running)
    {
        if (running.Server is not null) return;
        try
        {
            using var free = new FileStream(folder.ServerLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            var holder = File.Exists(folder.ServerPid) ? $" (process {File.ReadAllText(folder.ServerPid).Trim()})" : "";
            throw new CommandFailedException($"A server{holder} that 'slipway up' did not start runs on {folder.Path}. End that one first.", ExitCode.Failed, taken);
        }
    }
}
