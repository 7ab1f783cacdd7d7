using System.Collections.Concurrent;
using Slipway.Model;

namespace Slipway.Server.Certificates.Acme.Proofs;

/// <summary>What authorities are to find at the gateways at the moment. Thread-safe.</summary>
sealed class OpenChallenges
{
    readonly ConcurrentDictionary<(string Host, string Token), string> _http = [];
    readonly ConcurrentDictionary<string, string> _handshakes = [];

    public IReadOnlyList<HttpChallenge> Http => [.. _http.OrderBy(one => one.Key).Select(one => new HttpChallenge(one.Key.Host, one.Key.Token, one.Value))];

    public IReadOnlyList<HandshakeChallenge> Handshakes => [.. _handshakes.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new HandshakeChallenge(one.Key, one.Value))];

    public void Open(HttpChallenge challenge) => _http[(challenge.Host, challenge.Token)] = challenge.Answer;

    public void Open(HandshakeChallenge challenge) => _handshakes[challenge.Host] = challenge.Digest;

    public void Close(string host)
    {
        foreach (var shown in _http.Keys.Where(one => one.Host == host)) _http.TryRemove(shown, out _);
        _handshakes.TryRemove(host, out _);
    }
}
