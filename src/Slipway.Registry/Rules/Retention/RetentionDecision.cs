using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Registry.Mirroring;

namespace Slipway.Registry.Rules.Retention;

/// <summary>
/// What of a repository stays and what goes: a pure function of the policy, what there is, and the time.
/// <code>
/// stays   tags that are immutable, of a moment, in use by a release, kept by a rule, or that no rule speaks of
///         manifests with such a tag, in use, or untagged and young
///         and then, again and again: entries of an index that stays, what is attached to what stays (subject, or a tag sha256-HEX.sig)
/// goes    everything else
/// </code>
/// </summary>
sealed partial class RetentionDecision
{
    readonly RetentionPolicy _policy;
    readonly RepositorySnapshot _repository;
    readonly DateTimeOffset _now;
    readonly Dictionary<long, ManifestFact> _byId;
    readonly Dictionary<string, ManifestFact> _byDigest;
    readonly Dictionary<string, TagVerdict> _tags = [];
    readonly HashSet<long> _kept = [];

    RetentionDecision(RetentionPolicy policy, RepositorySnapshot repository, DateTimeOffset now)
    {
        (_policy, _repository, _now) = (policy, repository, now);
        _byId = repository.Manifests.ToDictionary(manifest => manifest.Id);
        _byDigest = repository.Manifests.ToDictionary(manifest => manifest.Digest);
    }

    public static RetentionOutcome Decide(RetentionPolicy policy, RepositorySnapshot repository, DateTimeOffset now) => new RetentionDecision(policy, repository, now).Decide();

    RetentionOutcome Decide()
    {
        var attached = _repository.Tags.Where(tag => SubjectOf(tag.Name) is { } subject && _byDigest.ContainsKey(subject)).ToLookup(tag => SubjectOf(tag.Name)!);
        var own = _repository.Tags.Where(tag => SubjectOf(tag.Name) is not { } subject || !_byDigest.ContainsKey(subject)).ToList();
        JudgeTags(own);
        foreach (var tag in attached.SelectMany(group => group))
            if (Untouchable(tag) is { } reason) _tags[tag.Name] = new TagVerdict(tag, Keeps: true, reason);
        foreach (var verdict in _tags.Values.Where(verdict => verdict.Keeps)) _kept.Add(verdict.Tag.ManifestId);
        KeepUntagged();
        Spread(attached);
        foreach (var tag in attached.SelectMany(group => group).Where(tag => !_tags.ContainsKey(tag.Name)))
            _tags[tag.Name] = new TagVerdict(tag, Keeps: false, $"what it is attached to goes: {SubjectOf(tag.Name)}");
        return new RetentionOutcome(
            [.. _repository.Tags.Select(tag => _tags[tag.Name])],
            [.. _repository.Manifests.Where(manifest => !_kept.Contains(manifest.Id))]);
    }

    /// <summary>Tags that are not attached to another image.</summary>
    void JudgeTags(IReadOnlyList<TagFact> tags)
    {
        var spoken = new HashSet<string>();
        foreach (var tag in tags)
            if (Untouchable(tag) is { } reason) _tags[tag.Name] = new TagVerdict(tag, Keeps: true, reason);
        for (var i = 0; i < _policy.Rules.Count; i++)
        {
            var rule = _policy.Rules[i];
            if (NamePattern.TryParse(rule.Repositories)?.Matches(_repository.Name.Value) is not true || NamePattern.TryParse(rule.Tags) is not { } pattern) continue;
            var concerned = tags.Where(tag => pattern.Matches(tag.Name)).ToList();
            spoken.UnionWith(concerned.Select(tag => tag.Name));
            foreach (var tag in KeptBy(rule, concerned))
                _tags.TryAdd(tag.Name, new TagVerdict(tag, Keeps: true, string.Create(CultureInfo.InvariantCulture, $"rule {i + 1}: {rule}")));
        }
        foreach (var tag in tags)
            _tags.TryAdd(tag.Name, spoken.Contains(tag.Name) ? new TagVerdict(tag, Keeps: false, "no rule keeps it") : new TagVerdict(tag, Keeps: true, "no rule speaks of it"));
    }

    IEnumerable<TagFact> KeptBy(RetentionRule rule, List<TagFact> tags) => rule.Keep switch
    {
        RetentionKeep.Always => tags,
        RetentionKeep.Pushed => tags.Where(tag => tag.Pushed > _now.AddDays(-rule.Days!.Value)),
        RetentionKeep.Pulled => tags.Where(tag => _byId[tag.ManifestId].Pulled > _now.AddDays(-rule.Days!.Value)),
        RetentionKeep.Labelled => tags.Where(tag => Images.ImageLabels.Matches(rule.Label!, _byId[tag.ManifestId].Labels)),
        // Images are counted, not their names: one with three tags is one of the last.
        RetentionKeep.Last => tags.GroupBy(tag => tag.ManifestId)
            .OrderByDescending(image => image.Max(tag => tag.Pushed)).ThenByDescending(image => image.Key).Take(rule.Count!.Value).SelectMany(image => image),
        RetentionKeep.Versions => tags.Select(tag => (Tag: tag, Version: SemanticVersion.TryParse(tag.Name))).Where(pair => pair.Version is not null)
            .GroupBy(pair => pair.Version!.Major)
            .SelectMany(major => major.OrderByDescending(pair => pair.Version).ThenByDescending(pair => pair.Tag.Pushed).Take(rule.Count!.Value).Select(pair => pair.Tag)),
        _ => throw new InvalidOperationException($"{rule.Keep} is no rule."),
    };

    string? Untouchable(TagFact tag) =>
        _repository.Immutable.Find(tag.Name) is { } rule ? $"immutable ({rule})"
        : _repository.Immutable.IsPassing(tag.Name) ? "being built"
        : _repository.InUse.TryGetValue(_byId[tag.ManifestId].Digest, out var by) ? $"in use: {by}"
        : null;

    void KeepUntagged()
    {
        var tagged = _repository.Tags.Select(tag => tag.ManifestId).ToHashSet();
        var inIndex = _repository.Manifests.SelectMany(manifest => manifest.Children).ToHashSet();
        foreach (var manifest in _repository.Manifests)
        {
            if (_repository.InUse.ContainsKey(manifest.Digest)) _kept.Add(manifest.Id);
            // What is in an index or attached to something goes or stays with it.
            else if (!tagged.Contains(manifest.Id) && !inIndex.Contains(manifest.Digest) && (manifest.Subject is not { } subject || !_byDigest.ContainsKey(subject))
                     && (_policy.UntaggedAfterDays is not { } days || manifest.Touched > _now.AddDays(-days)))
                _kept.Add(manifest.Id);
        }
    }

    void Spread(ILookup<string, TagFact> attached)
    {
        var referrers = _repository.Manifests.Where(manifest => manifest.Subject is not null).ToLookup(manifest => manifest.Subject!);
        var waiting = new Queue<long>(_kept);
        while (waiting.TryDequeue(out var id))
        {
            var manifest = _byId[id];
            foreach (var child in manifest.Children)
                if (_byDigest.TryGetValue(child, out var found)) Keep(found.Id);
            foreach (var referrer in referrers[manifest.Digest]) Keep(referrer.Id);
            foreach (var tag in attached[manifest.Digest])
            {
                _tags.TryAdd(tag.Name, new TagVerdict(tag, Keeps: true, $"attached to {manifest.Digest}"));
                Keep(tag.ManifestId);
            }
        }

        void Keep(long id)
        {
            if (_kept.Add(id)) waiting.Enqueue(id);
        }
    }

    /// <summary>The digest that a tag of cosign (sha256-HEX.sig) or of the referrers' fallback (sha256-HEX) belongs to, or null.</summary>
    static string? SubjectOf(string tag) => Attached().Match(tag) is { Success: true } match ? $"{match.Groups[1].Value}:{match.Groups[2].Value}" : null;

    [GeneratedRegex(@"^(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(\.[A-Za-z0-9_-]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Attached();
}

/// <param name="Tags">Of every tag, in the order of their names.</param>
/// <param name="Gone">The manifests that go.</param>
sealed record RetentionOutcome(IReadOnlyList<TagVerdict> Tags, IReadOnlyList<ManifestFact> Gone);

/// <param name="Reason">The rule that keeps it, or why it goes; for people.</param>
sealed record TagVerdict(TagFact Tag, bool Keeps, string Reason);
