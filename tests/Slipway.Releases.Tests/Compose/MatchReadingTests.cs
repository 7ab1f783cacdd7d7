using Slipway.Model;
using Slipway.Releases.Compose;

namespace Slipway.Releases.Tests.Compose;

public sealed class MatchReadingTests
{
    [Fact]
    public void When_Full_IsRead()
    {
        var release = ComposeFolder.Service("""
            ports: ['80']
            x-release:
              when:
                method: [GET, POST]
                header: {X-Env: beta, User-Agent: {regex: 'curl/.*'}, X-Debug: {present: true}, Authorization: {present: false}}
                query: {tag: a b}
                cookie: {beta: "yes"}
                address: [10.0.0.0/8, "2001:db8::1"]
                language: de
            """).Release;
        var match = release.When.ShouldNotBeNull().ShouldHaveSingleItem();
        match.Methods.ShouldBe(["GET", "POST"]);
        match.Headers.ShouldBe(
        [
            new ValueCondition { Name = "X-Env", Value = "beta" },
            new ValueCondition { Name = "User-Agent", Pattern = "curl/.*" },
            new ValueCondition { Name = "X-Debug" },
            new ValueCondition { Name = "Authorization", Absent = true },
        ]);
        match.Query.ShouldBe([new ValueCondition { Name = "tag", Value = "a b" }]);
        match.Cookies.ShouldBe([new ValueCondition { Name = "beta", Value = "yes" }]);
        match.Addresses.ShouldBe(["10.0.0.0/8", "2001:db8::1"]);
        match.Languages.ShouldBe(["de"]);
        match.Conditions.ShouldBe(9);
    }

    [Fact]
    public void When_AbsentOrPolicyAlone_IsNull() => ComposeFolder.Service("ports: ['80']\nx-release: {path: /x}").Release.When.ShouldBeNull();

    [Fact]
    public void Match_OfBlueGreen_IsAListOfAlternativesWithPaths()
    {
        var release = ComposeFolder.Service("ports: ['80']\nx-release: {strategy: blue-green, match: [{header: {X-Preview: \"1\"}}, {cookie: {beta: yes}, path: /shop/**}]}").Release;
        release.Match.ShouldNotBeNull().Select(m => m.Path).ShouldBe([null, "/shop/**"]);
        release.Match[1].Cookies[0].Value.ShouldBe("yes");
    }

    [Theory]
    [InlineData("when: []", "when", "there is no match", "conditions")]
    [InlineData("when: {}", "when", "names no condition", "at least one of method")]
    [InlineData("when: beta", "when", "stands where a list belongs", "a list")]
    [InlineData("when: [beta]", "when[0]", "a single value is no match", "conditions")]
    [InlineData("when: {path: /x}", "when.path", "the service's own path", null)]
    [InlineData("when: {headers: {a: b}}", "when.headers", "not known", "header")]
    [InlineData("when: {method: get}", "when.method", "'get' is no method", "POST")]
    [InlineData("when: {method: [GET, GET]}", "when.method[1]", "stands there twice", "once")]
    [InlineData("when: {header: {'a b': c}}", "when.header.a b", "no name there", "a header's name")]
    [InlineData("when: {header: {X-A: '1', x-a: '2'}}", "when.header.x-a", "both conditions can't be meant", "each name once")]
    [InlineData("when: {header: {X-A: }}", "when.header.X-A", "does not say what is looked for", "{present: true}")]
    [InlineData("when: {header: {X-A: [a, b]}}", "when.header.X-A", "does not say what is looked for", "{regex: EXPRESSION}")]
    [InlineData("when: {header: {X-A: {regex: a, present: true}}}", "when.header.X-A", "regex and present stand beside each other", "one of them")]
    [InlineData("when: {header: {X-A: {regex: 'a('}}}", "when.header.X-A.regex", "is no regular expression", "a regular expression")]
    [InlineData("when: {header: {X-A: {regex: '(a)\\1'}}}", "when.header.X-A.regex", "in a time that is sure", "without back references")]
    [InlineData("when: {header: {X-A: {regex: '(?=a)b'}}}", "when.header.X-A.regex", "in a time that is sure", "looking around")]
    [InlineData("when: {header: {X-A: {regex: 'a)(b'}}}", "when.header.X-A.regex", "is no regular expression", null)]
    [InlineData("when: {header: {X-A: {regex: '((a{900}){900}){9}'}}}", "when.header.X-A.regex", "counts too far", null)]
    [InlineData("when: {address: 10.0.0.1/8}", "when.address", "no network", "CIDR")]
    [InlineData("when: {language: german_ch}", "when.language", "no language range", "de-CH")]
    [InlineData("when: [{method: GET}, {method: [GET]}]", "when[1]", "the same match stands there twice", "once")]
    [InlineData("strategy: canary, match: {path: api}", "match.path", "no path to compare with", "begins with /")]
    [InlineData("strategy: canary, match: {path: /a***}", "match.path", "no path to compare with", null)]
    public void Bad_IsAnErrorAtItsKey(string keys, string key, string message, string? expected)
    {
        var error = ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{{keys}}}").ShouldHaveSingleItem();
        error.Key.ShouldBe($"services.web.x-release.{key}");
        error.Message.ShouldContain(message);
        error.Line.ShouldNotBeNull();
        if (expected is not null) error.Expected.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public void Regex_TooLong_IsRefusedWithItsLength() =>
        ComposeFolder.ErrorsOf($"ports: ['80']\nx-release: {{when: {{header: {{A: {{regex: {new string('a', 513)}}}}}}}}}").ShouldHaveSingleItem().Message.ShouldContain("513 characters, of 512");

    [Fact]
    public void SamePlace_ToldApartByWhen_IsNoConflict()
    {
        using var folder = new ComposeFolder("""
            services:
              web: {image: a, ports: ['80'], x-release: {host: a.test}}
              beta: {image: a, ports: ['80'], x-release: {host: a.test, when: {header: {X-Beta: "1"}}}}
              mobile: {image: a, ports: ['80'], x-release: {host: a.test, when: [{header: {X-Mobile: "1"}}, {header: {X-Beta: "2"}}]}}
            """);
        folder.Errors().ShouldBeEmpty();
        folder.Read().Services.Select(s => s.Release.When?.Count).ShouldBe([null, 1, 2]);
    }

    [Fact]
    public void SamePlace_WithOneMatchTheSame_IsOneErrorAtTheWhen()
    {
        using var folder = new ComposeFolder("""
            services:
              web: {image: a, ports: ['80'], x-release: {host: a.test, when: [{method: GET}, {header: {X-Beta: "1"}, method: [PUT, POST]}]}}
              beta: {image: a, ports: ['80'], x-release: {host: a.test, when: [{header: {x-beta: "1"}, method: [POST, PUT]}, {method: DELETE}]}}
            """);
        var error = folder.Errors().ShouldHaveSingleItem();
        error.Key.ShouldBe("services.beta.x-release.when");
        error.Message.ShouldBe("'web' and 'beta' both claim http://a.test/ with the same match of 'when'");
        error.Expected.ShouldNotBeNull().ShouldContain("a 'when' that tells their requests apart");
    }

    [Fact]
    public void Match_WithoutAStrategy_IsAnErrorAndBesideRollingAWarning()
    {
        ComposeFolder.ErrorsOf("ports: ['80']\nx-release: {match: {method: GET}}").ShouldHaveSingleItem().Message.ShouldContain("no strategy is named");
        using var folder = new ComposeFolder("services: {web: {image: a, ports: ['80'], x-release: {strategy: rolling, match: {method: GET}}}}");
        ComposeFile.Read(folder.Request).Warnings.ShouldHaveSingleItem().Message.ShouldContain("not used: 'match'");
    }

    [Fact]
    public void Match_OfServicesThatSwitchTogether_MustBeTheSame()
    {
        using var folder = new ComposeFolder("""
            x-release: {strategy: canary, match: {cookie: {beta: "yes"}}}
            services:
              web: {image: a, ports: ['80']}
              api: {image: a, ports: ['81'], x-release: {match: {cookie: {beta: "no"}}}}
              static: {image: a, ports: ['82']}
            """);
        var error = folder.Errors().ShouldHaveSingleItem();
        error.Key.ShouldBe("services.api.x-release.match");
        error.Message.ShouldContain("'web' and 'api' differ in match");
    }
}
