using FsCheck;
using FsCheck.Fluent;
using Slipway.Registry.Mirroring;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Rules.Retention;

namespace Slipway.Registry.Tests.Rules;

public sealed class RetentionDecisionTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    /// <summary>"tag@image days pulled": the tag's name, which image it points to, how old it is, when it was pulled (- never).</summary>
    static RepositorySnapshot Repository(string[] tags, params ManifestFact[] more)
    {
        var facts = tags.Select(text => text.Split(['@', ' '])).ToList();
        var images = facts.GroupBy(fact => long.Parse(fact[1])).Select(group => Image(group.Key) with
        {
            Pulled = group.First().ElementAtOrDefault(3) is { } days and not "-" ? Now.AddDays(-int.Parse(days)) : null,
        });
        return Snapshot([.. facts.Select(fact => new TagFact(fact[0], long.Parse(fact[1]), Now.AddDays(-int.Parse(fact[2]))))], [.. images.Where(image => more.All(one => one.Id != image.Id)), .. more]);
    }

    static RepositorySnapshot Snapshot(IReadOnlyList<TagFact> tags, IReadOnlyList<ManifestFact> manifests, string? immutable = null, string? inUse = null) => new()
    {
        Id = 1,
        Name = RepositoryName.TryParse("shop/web", out var name) ? name : default,
        Tags = tags,
        Manifests = manifests,
        Immutable = new ImmutablePatterns(immutable is null ? [] : [(NamePattern.TryParse(immutable)!, "rule")], "rollout-"),
        InUse = inUse is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [inUse] = "shop v1 (live)" },
    };

    static ManifestFact Image(long id, int days = 100) => new() { Id = id, Digest = Digest(id), Touched = Now.AddDays(-days) };

    static string Digest(long id) => "sha256:" + id.ToString("x64");

    static RetentionPolicy Keep(params RetentionRule[] rules) => new() { Rules = rules };

    static string Kept(RetentionPolicy policy, RepositorySnapshot repository) =>
        string.Join(' ', RetentionDecision.Decide(policy, repository, Now).Tags.Where(verdict => verdict.Keeps).Select(verdict => verdict.Tag.Name));

    static readonly string[] Five = ["v1.0.0@1 50", "v1.1.0@2 40 3", "v1.1.1@3 30", "v2.0.0-rc.1@4 20", "v2.0.0@5 10", "latest@5 10", "nightly@6 1"];

    [Theory]
    [InlineData(RetentionKeep.Last, 1, "nightly")]
    [InlineData(RetentionKeep.Last, 2, "v2.0.0 latest nightly")]
    [InlineData(RetentionKeep.Last, 100, "v1.0.0 v1.1.0 v1.1.1 v2.0.0-rc.1 v2.0.0 latest nightly")]
    [InlineData(RetentionKeep.Pushed, 25, "v2.0.0-rc.1 v2.0.0 latest nightly")]
    [InlineData(RetentionKeep.Pulled, 7, "v1.1.0")]
    [InlineData(RetentionKeep.Versions, 1, "v1.1.1 v2.0.0")]
    [InlineData(RetentionKeep.Versions, 2, "v1.1.0 v1.1.1 v2.0.0-rc.1 v2.0.0")]
    public void Rule_KeepsWhatItSays(RetentionKeep keep, int number, string kept) =>
        Kept(Keep(new RetentionRule { Keep = keep, Count = number, Days = number }), Repository(Five)).ShouldBe(kept);

    [Fact]
    public void Rules_AddUp_AndTheFirstIsNamed()
    {
        var outcome = RetentionDecision.Decide(
            Keep(new RetentionRule { Keep = RetentionKeep.Last, Count = 1 }, new RetentionRule { Keep = RetentionKeep.Always, Tags = "{latest,nightly}" }), Repository(Five), Now);
        outcome.Tags.Single(verdict => verdict.Tag.Name == "nightly").Reason.ShouldBe("rule 1: last 1");
        outcome.Tags.Single(verdict => verdict.Tag.Name == "latest").Reason.ShouldStartWith("rule 2: always");
        outcome.Tags.Single(verdict => verdict.Tag.Name == "v2.0.0").Reason.ShouldBe("no rule keeps it");
        // Another name of the same image stays, so the image does.
        outcome.Gone.Select(manifest => manifest.Id).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void Tags_OfWhichNoRuleSpeaks_Stay()
    {
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Last, Count = 1, Tags = "v1*" }), Repository(Five)).ShouldBe("v1.1.1 v2.0.0-rc.1 v2.0.0 latest nightly");
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Last, Count = 1, Repositories = "shop/api" }), Repository(Five)).ShouldBe("v1.0.0 v1.1.0 v1.1.1 v2.0.0-rc.1 v2.0.0 latest nightly");
    }

    [Fact]
    public void Labels_OfTheImage_AreLookedAt()
    {
        var labelled = Image(2) with { Labels = new Dictionary<string, string> { ["stage"] = "prod" } };
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Labelled, Label = "stage=prod" }), Repository(Five, labelled)).ShouldBe("v1.1.0");
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Labelled, Label = "stage" }), Repository(Five, labelled)).ShouldBe("v1.1.0");
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Labelled, Label = "stage=test" }), Repository(Five, labelled)).ShouldBe("");
    }

    [Fact]
    public void ImmutablePassingAndUsed_Stay()
    {
        var tags = new[] { "v1", "rollout-7", "old", "older" }.Select((tag, i) => new TagFact(tag, i + 1, Now.AddDays(-90))).ToList();
        var repository = Snapshot(tags, [.. Enumerable.Range(1, 4).Select(id => Image(id))], immutable: "v*", inUse: Digest(3));
        Kept(Keep(new RetentionRule { Keep = RetentionKeep.Pushed, Days = 1 }), repository).ShouldBe("v1 rollout-7 old");
    }

    [Fact]
    public void Index_TakesItsEntriesAndWhatIsAttachedWithIt()
    {
        // 1 (kept): index of 2 and 3; 4 (goes): index of 3 and 5; 6 signs 1, 7 signs 5, 8 is cosign's tag of 4, 9 of 1.
        var hex = (long id) => Digest(id).Replace(':', '-');
        var repository = Snapshot(
            [new("new", 1, Now), new("old", 4, Now.AddDays(-9)), new(hex(4) + ".sig", 8, Now), new(hex(1) + ".sig", 9, Now.AddDays(-9))],
            [
                Image(1) with { Children = [Digest(2), Digest(3)] }, Image(2), Image(3), Image(4) with { Children = [Digest(3), Digest(5)] }, Image(5),
                Image(6) with { Subject = Digest(1) }, Image(7) with { Subject = Digest(5) }, Image(8), Image(9),
            ]);

        var outcome = RetentionDecision.Decide(Keep(new RetentionRule { Keep = RetentionKeep.Pushed, Days = 1 }), repository, Now);

        outcome.Gone.Select(manifest => manifest.Id).ShouldBe([4, 5, 7, 8]);
        outcome.Tags.Where(verdict => verdict.Keeps).Select(verdict => verdict.Tag.ManifestId).ShouldBe([1, 9]);
    }

    [Fact]
    public void Untagged_GoAfterTheirDays_AndStayWithoutAPolicyForThem()
    {
        var repository = Snapshot([], [Image(1, days: 8), Image(2, days: 6), Image(3, days: 8) with { Subject = Digest(2) }, Image(4, days: 8) with { Subject = Digest(99) }], inUse: null);
        RetentionDecision.Decide(new RetentionPolicy { UntaggedAfterDays = 7 }, repository, Now).Gone.Select(manifest => manifest.Id).ShouldBe([1, 4]);
        RetentionDecision.Decide(new RetentionPolicy(), repository, Now).Gone.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 v1.0.0 1.0.1 v1.10.0 2.0.0")]
    public void SemanticVersions_AreOrderedByPrecedence(string ascending)
    {
        var versions = ascending.Split(' ').Select(text => SemanticVersion.TryParse(text).ShouldNotBeNull()).ToList();
        versions.AsEnumerable().Reverse().Order().ShouldBe(versions);
        foreach (var none in (string[])["1", "1.2", "v1", "latest", "01.2.3", "1.2.3.4", "1.2.3-"]) SemanticVersion.TryParse(none).ShouldBeNull();
    }

    [Fact]
    public void WhateverThereIs_NothingThatAKeptImageNeedsGoes()
    {
        var property = Prop.ForAll(Repositories().ToArbitrary(), Policies().ToArbitrary(), (repository, policy) =>
        {
            var outcome = RetentionDecision.Decide(policy, repository, Now);
            var gone = outcome.Gone.Select(manifest => manifest.Digest).ToHashSet();
            var ids = outcome.Gone.Select(manifest => manifest.Id).ToHashSet();
            outcome.Tags.Count.ShouldBe(repository.Tags.Count);
            foreach (var verdict in outcome.Tags.Where(verdict => verdict.Keeps)) ids.ShouldNotContain(verdict.Tag.ManifestId);
            foreach (var used in repository.InUse.Keys) gone.ShouldNotContain(used);
            foreach (var tag in outcome.Tags.Where(verdict => repository.Immutable.Find(verdict.Tag.Name) is not null)) tag.Keeps.ShouldBeTrue();
            foreach (var manifest in repository.Manifests.Where(manifest => !ids.Contains(manifest.Id)))
            {
                manifest.Children.ShouldAllBe(child => !gone.Contains(child));
                repository.Manifests.Where(one => one.Subject == manifest.Digest).ShouldAllBe(one => !gone.Contains(one.Digest));
            }
            // Nothing with a tag of its own that stays; and what has gone does not come back by asking again without it.
            var after = repository with
            {
                Manifests = [.. repository.Manifests.Where(manifest => !ids.Contains(manifest.Id))],
                Tags = [.. outcome.Tags.Where(verdict => verdict.Keeps).Select(verdict => verdict.Tag)],
            };
            if (policy.Rules.All(rule => rule.Keep != RetentionKeep.Last && rule.Keep != RetentionKeep.Versions))
                RetentionDecision.Decide(policy, after, Now).Tags.ShouldAllBe(verdict => verdict.Keeps);
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    // Manifest i may have entries and a subject among the earlier ones, as digests force it.
    static Gen<RepositorySnapshot> Repositories() =>
        from count in Gen.Choose(1, 12)
        from seeds in Gen.ArrayOf(Gen.Choose(0, int.MaxValue - 1), count)
        from tags in Gen.ListOf(Gen.Choose(0, int.MaxValue - 1))
        from used in Gen.Choose(0, 20)
        select Snapshot(
            [.. tags.Select((seed, i) => new TagFact($"{(seed % 3 == 0 ? "v" : "t")}{i}", 1 + seed % count, Now.AddDays(-(seed % 40))))],
            [.. seeds.Select((seed, i) => Image(i + 1, seed % 30) with
            {
                Children = i > 0 && seed % 4 == 0 ? [Digest(1 + seed % i), Digest(1 + (seed / 7) % i)] : [],
                Subject = i > 0 && seed % 5 == 0 ? Digest(1 + (seed / 3) % i) : null,
                Pulled = seed % 2 == 0 ? Now.AddDays(-(seed % 50)) : null,
            })],
            immutable: "v1*", inUse: Digest(used));

    static Gen<RetentionPolicy> Policies() =>
        from rules in Gen.ListOf(
            from keep in Gen.Elements(RetentionKeep.Last, RetentionKeep.Pushed, RetentionKeep.Pulled, RetentionKeep.Always, RetentionKeep.Versions)
            from number in Gen.Choose(1, 20)
            from tags in Gen.Elements("**", "v*", "t*", "t{1,2,3}")
            select new RetentionRule { Keep = keep, Count = number, Days = number, Tags = tags })
        from untagged in Gen.Choose(0, 20)
        select new RetentionPolicy { Rules = [.. rules], UntaggedAfterDays = untagged == 0 ? null : untagged };
}
