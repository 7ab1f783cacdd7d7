using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary><c>listen</c> of <c>x-release</c>: ports of the host whose connections and datagrams go to the service as they come.</summary>
static class ListenReader
{
    const string Expected = "{tcp: 5432}, {udp: 53, port: 5353}, or as in ports: 5432, 5433:5432, 53:5353/udp";

    /// <summary>What is done to requests, and can't be done to bytes.</summary>
    static readonly string[] OfRequests =
        
    [
        "path", "when", "redirect", "strip", "rewrite", "headers", "auth", "rate", "max-body", "max-requests", "compress", "outliers", "balance", "affinity", "max-connections", "retries",
        "breaker", "health", "protocol", "tls", "https", "hsts", "certificate", "https-ports",
    ];

    /// <param name="own">The service's own policy: a port belongs to one service.</param>
    /// <param name="general">The file's.</param>
    public static IReadOnlyList<StreamPort> Read(Field own, Field general, ServiceModel service)
    {
        var listen = own["listen"];
        if (!general["listen"].IsMissing) general["listen"].Error("a port belongs to one service", "listen: under the x-release of a service");
        if (listen.IsMissing) return [];
        var ports = new List<StreamPort>();
        foreach (var item in listen.Node is Sequence ? listen.Items() : [listen])
            foreach (var port in item.Node is Mapping ? Long(item) : Short(item))
            {
                // A port that stands under ports too is this one: the file stays one that docker compose serves by.
                var published = service.Ports.FirstOrDefault(p => IsSame(p, port));
                ports.Add(port with { Address = Any(port.Address ?? published?.HostAddress) });
            }
        if (listen.Node is Sequence { Items.Count: 0 }) listen.Error("there is no port", Expected, "[]");
        return ports;
    }

    /// <summary>The published port is what the gateway listens on.</summary>
    public static bool IsSame(PortModel published, StreamPort port) => published.Published == port.Port && published.Target == port.Target && published.Protocol == port.Word;

    /// <summary>Whether requests come to the service too, beside connections: a host or port is named for them, or one is published that is likely theirs.</summary>
    public static bool TakesRequests(Field own, int? candidate) => own["listen"].IsMissing || !own["host"].IsMissing || !own["port"].IsMissing || candidate is not null;

    /// <summary>What was asked for and can't be had.</summary>
    public static void Check(Field own, Field field, ServiceModel service, IReadOnlyList<StreamPort> ports, bool takesRequests)
    {
        if (takesRequests) return;
        foreach (var key in OfRequests.Select(k => own[k]).Concat([own["timeouts"]["answer"], own["timeouts"]["idle"], own["drain"]["requests"], own["drain"]["websockets"]]).Where(k => !k.IsMissing))
        {
            var name = key.Path[(own.Path.Length + 1)..];
            key.Error($"'{name}' is about requests, and '{service.Name}' gets connections alone", name switch
            {
                "timeouts.idle" => "idle: in the entry of listen",
                "rate" or "max-requests" or "max-connections" => "max: in the entry of listen, or host: beside listen where it speaks HTTP too",
                "drain.requests" or "drain.websockets" => "drain: {connections: 60s}",
                _ => "host: beside listen where it speaks HTTP too",
            }, name);
        }
        if (!own["ready"]["http"].IsMissing && ports.All(p => p.Protocol == StreamProtocol.Udp)) own["ready"]["http"].Error("no port of the service takes a request", "a healthcheck in place of it");
        if (!own["ready"]["grpc"].IsMissing) own["ready"]["grpc"].Error($"'{service.Name}' gets connections alone", "a healthcheck in place of it");
        if (field["strategy"].Text() == "ab")
            field["strategy"].Error($"an experiment counts what users do by their requests, and '{service.Name}' gets connections alone", "canary, blue-green or rolling");
    }

    /// <summary>Connections have neither a status nor a time of an answer: where no service of the canary gets requests, only what is left can be judged by.</summary>
    public static IReadOnlyList<ServiceModel> Judged(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var sharing = services.Where(s => s.Release is { IsRouted: true, Strategy.StagesWhole: true }).ToList();
        if (sharing.Count == 0 || sharing.Any(s => s.Release.Hosts.Count > 0)) return services;
        foreach (var service in sharing)
        {
            CheckMatch(service, reading);
            foreach (var step in Place(service, reading, "steps").Items())
                if (step["mirror"] is { IsMissing: false } mirror) mirror.Error($"a connection can't be copied, and '{service.Name}' gets connections alone", "{weight: 1%, for: 2m} in place of it", "mirror");
            foreach (var check in Place(service, reading, "judge")["checks"].Items())
                if (check["p99"] is { IsMissing: false } p99) p99.Error($"p99 is the time of answers, and '{service.Name}' gets connections alone", "errors (connections that no instance took, or that one reset) and restarts");
        }
        return [.. services.Select(s => s.Release.Canary is not { } canary ? s : s with
        {
            Release = s.Release with
            {
                Canary = canary with { Judge = canary.Judge with { Checks = [.. canary.Judge.Checks.Where(c => c.Measure != JudgeMeasure.P99)] } },
            },
        })];
    }

    static void CheckMatch(ServiceModel service, Reading reading)
    {
        if (service.Release.Match is not { } match || MatchRules.ByAddress(match).Count == match.Count) return;
        Place(service, reading, "match").Error($"'{service.Name}' gets connections alone, which are told by their client's address", "match: [{address: [10.0.0.0/8]}]", "other conditions");
    }

    static Field Place(ServiceModel service, Reading reading, string key)
    {
        var own = reading.Services[service.Name]["x-release"][key];
        return own.IsMissing ? reading.Root["x-release"][key] : own;
    }

    static IEnumerable<StreamPort> Long(Field item)
    {
        var (tcp, udp) = (item["tcp"], item["udp"]);
        if (tcp.IsMissing == udp.IsMissing)
        {
            item.Error(tcp.IsMissing ? "neither tcp nor udp says on which port" : "tcp and udp stand in one entry", Expected, tcp.IsMissing ? "no port" : "both");
            yield break;
        }
        var protocol = tcp.IsMissing ? StreamProtocol.Udp : StreamProtocol.Tcp;
        if ((tcp.IsMissing ? udp : tcp).Int(1, 65535) is not { } port) yield break;
        string? address = null;
        if (item["address"].Text() is { } text && !PortSyntax.TryAddress(text, out address)) item["address"].Error($"'{text}' is no address", "an IPv4 or IPv6 address of this machine");
        if (protocol == StreamProtocol.Udp && !item["proxy"].IsMissing) item["proxy"].Error("datagrams have no PROXY header", "proxy: beside tcp alone");
        yield return new StreamPort
        {
            Protocol = protocol,
            Address = address,
            Port = port,
            Target = item["port"].Int(1, 65535) ?? port,
            Preview = item["preview"].Int(1, 65535),
            Proxy = Proxy(item["proxy"]),
            Max = item["max"].Int(1, 1_000_000),
            Idle = Positive(item["idle"]),
        };
    }

    static IEnumerable<StreamPort> Short(Field item)
    {
        if (item.Text() is not { } text) return [];
        if (!PortSyntax.TryParse(text, out var ports, out var problem)) item.Error(problem!, Expected);
        else if (ports.FirstOrDefault(p => p.Protocol == "sctp") is not null) item.Error("sctp is not passed on", "tcp or udp");
        else return ports.Select(p => new StreamPort { Protocol = p.Protocol == "udp" ? StreamProtocol.Udp : StreamProtocol.Tcp, Address = p.HostAddress, Port = p.Published ?? p.Target, Target = p.Target });
        return [];
    }

    static ProxyProtocol? Proxy(Field field)
    {
        switch (field.Text())
        {
            case null:
                return null;
            case "v1":
                return ProxyProtocol.V1;
            case "v2":
                return ProxyProtocol.V2;
            case var text:
                field.Error($"'{text}' is no version of the PROXY protocol", "v1 or v2");
                return null;
        }
    }

    static string? Any(string? address) => address is "0.0.0.0" or "::" ? null : address;

    static TimeSpan? Positive(Field field)
    {
        if (field.Duration() is not { } duration) return null;
        if (duration > TimeSpan.Zero) return duration;
        field.Error("it must be longer than nothing", "for example 30s");
        return null;
    }
}
