using System.Net;
using Slipway.Delivery;
using Slipway.Model;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// The section <c>webhooks</c>: how this server posts events to others. Durations are written as in Compose.
/// <code>
/// webhooks:
///   allow: [169.254.10.0/24]    # networks that are sent to though they are link-local, metadata or multicast; default: none
///   timeout: 5s                 # for one delivery; default: 10s
///   firstWait: 1s               # after the first failure, and twice as long after each one
///   longestWait: 10m
///   giveUpAfter: 1d             # then a delivery is dead, and the next one is tried
///   disableAfter: 3d            # then a receiver that takes nothing is not tried any more
/// </code>
/// </summary>
static class WebhookSettings
{
    static readonly (string Name, Func<WebhookOptions, TimeSpan, WebhookOptions> Set)[] Times =
    [
        ("timeout", (options, time) => options with { Timeout = time }),
        ("firstWait", (options, time) => options with { FirstWait = time }),
        ("longestWait", (options, time) => options with { LongestWait = time }),
        ("giveUpAfter", (options, time) => options with { GiveUpAfter = time }),
        ("disableAfter", (options, time) => options with { DisableAfter = time }),
    ];

    /// <summary>What is written, over <paramref name="options"/>.</summary>
    /// <exception cref="InvalidInputException">It can't be read; every error names its key and line.</exception>
    public static WebhookOptions Read(YamlNode section, WebhookOptions options)
    {
        if (section is not YamlMappingNode mapping) throw new InvalidInputException(Wrong(section, "webhooks", "is no mapping of keys to values", "for example  allow: [169.254.10.0/24]"));
        var errors = new List<Diagnostic>();
        foreach (var (name, node) in mapping.Children)
        {
            var key = $"webhooks.{name}";
            if (name.ToString() == "allow") options = options with { Allowed = Networks(key, node, errors) };
            else if (Array.Find(Times, known => known.Name == name.ToString()).Set is not { } set)
                errors.Add(Wrong(name, key, "is no key of webhooks", $"allow, {string.Join(", ", Times.SkipLast(1).Select(known => known.Name))} or {Times[^1].Name}"));
            else if (node is not YamlScalarNode { Value: { } text } || !Durations.TryParse(text, out var time) || time <= TimeSpan.Zero)
                errors.Add(Wrong(node, key, $"'{node}' is no duration", Durations.Expected));
            else options = set(options, time);
        }
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    static List<IPNetwork> Networks(string key, YamlNode node, List<Diagnostic> errors)
    {
        var networks = new List<IPNetwork>();
        foreach (var one in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (Cidr.TryParse((one as YamlScalarNode)?.Value, out var network)) networks.Add(network);
            else errors.Add(Wrong(one, key, $"'{one}' is no network", Cidr.Expected));
        }
        return networks;
    }

    static Diagnostic Wrong(YamlNode at, string key, string message, string expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = key, Message = message, Expected = expected };
}
