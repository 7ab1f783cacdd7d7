using Slipway.Model;
using Slipway.Pipelines.Images.Contexts;

namespace Slipway.Pipelines.Tests.Images.Contexts;

public sealed class IgnorePatternsTests
{
    [Theory]
    // Go's filepath.Match
    [InlineData("abc", "abc", true)]
    [InlineData("*", "abc", true)]
    [InlineData("*c", "abc", true)]
    [InlineData("a*", "ab/c", true)]
    [InlineData("a*/b", "abc/b", true)]
    [InlineData("a*/b", "a/c/b", false)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzx", true)]
    [InlineData("a*b?c*x", "abxbbxdbxebxczzy", false)]
    [InlineData("ab[b-d]", "abc", true)]
    [InlineData("ab[e-g]", "abc", false)]
    [InlineData("ab[^c]", "abc", false)]
    [InlineData("ab[^e-g]", "abc", true)]
    [InlineData(@"a\*b", "a*b", true)]
    [InlineData(@"a\*b", "ab", false)]
    [InlineData("a?b", "a☺b", true)]
    [InlineData("a?b", "a😀b", true)]
    [InlineData("a???b", "a☺b", false)]
    [InlineData("[a-ζ]*", "α", true)]
    [InlineData("a?b", "a/b", false)]
    [InlineData("a*b", "a/b", false)]
    [InlineData(@"[\]a]", "]", true)]
    [InlineData(@"[x\-]", "-", true)]
    [InlineData(@"[x\-]", "z", false)]
    [InlineData("*x", "xxx", true)]
    // Any number of folders
    [InlineData("**", "dir/file", true)]
    [InlineData("**/", "file", true)]
    [InlineData("dir/**", "dir/dir2/file", true)]
    [InlineData("abc/**", "abc", false)]
    [InlineData("**/dir", "dir/file", true)]
    [InlineData("**/dir2/*", "dir/dir2/file", true)]
    [InlineData("**/dir2/**", "dir/dir2/dir3/file", true)]
    [InlineData("**file", "dir/file", true)]
    [InlineData("**/file*txt", "dir/dir/file.txt", true)]
    [InlineData("**/**/*.txt", "file.txt", true)]
    [InlineData("**/**/*.txt2", "dir/dir/file.txt", false)]
    [InlineData("a**/*.txt", "a/dir/dir/file.txt", true)]
    [InlineData("a/*.txt", "a/dir/file.txt", false)]
    [InlineData("**/.foo", "bar.foo", false)]
    [InlineData("**/foo/bar", "dir/dir2/foo/bar", true)]
    // What a regular expression would misread
    [InlineData(".*", ".foo", true)]
    [InlineData(".*", "foo", false)]
    [InlineData("abc.def", "abcZdef", false)]
    [InlineData("a(b)c/def", "a(b)c/def", true)]
    [InlineData("a.|)$(}+{bc", "a.|)$(}+{bc", true)]
    // Cleaned as paths
    [InlineData("/foo", "foo", true)]
    [InlineData("./foo/", "foo/bar", true)]
    [InlineData("a/../b", "b", true)]
    [InlineData("  padded  ", "padded", true)]
    [InlineData("foo", "a/foo", false)]
    public void Pattern_Path_MatchesAsDockerDoes(string pattern, string path, bool expected) =>
        IgnorePatterns.Parse(pattern, "x").Ignores(path).ShouldBe(expected);

    [Theory]
    [InlineData("docs\n!docs/README.md", "docs/README.md", false)]
    [InlineData("docs/\n!docs/README.md", "docs/other.md", true)]
    [InlineData("!docs/README.md\ndocs", "docs/README.md", true)]
    [InlineData("**\n!util/docker/web", "util/docker/web/foo", false)]
    [InlineData("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false)]
    [InlineData("*\n! keep ", "keep", false)]
    [InlineData("# comment\n#also", "#also", false)]
    [InlineData(" #file", "#file", true)]
    [InlineData("\uFEFF# comment\r\nfoo\r\n", "foo", true)]
    [InlineData("", "foo", false)]
    public void File_ManyLines_LastMatchDecides(string file, string path, bool expected) =>
        IgnorePatterns.Parse(file, "x").Ignores(path).ShouldBe(expected);

    [Theory]
    [InlineData("!")]
    [InlineData("[")]
    [InlineData("[]a]")]
    [InlineData("[-x]")]
    [InlineData("[x-]")]
    [InlineData("[^bc")]
    [InlineData("a[")]
    [InlineData("[a-b-c]")]
    [InlineData("[z-a]")]
    [InlineData("\\")]
    public void File_BadPattern_NamesFileAndLine(string pattern)
    {
        var wrong = Should.Throw<InvalidInputException>(() => IgnorePatterns.Parse($"fine\n{pattern}\n", "/app/.dockerignore"));

        var diagnostic = wrong.Diagnostics.ShouldHaveSingleItem();
        diagnostic.File.ShouldBe("/app/.dockerignore");
        diagnostic.Line.ShouldBe(2);
        diagnostic.Found.ShouldBe(pattern);
    }

    [Theory]
    [InlineData("docs", "docs", true)]
    [InlineData("docs\n!docs/a/b", "docs", false)]
    [InlineData("docs\n!docs/a/b", "docs/a", false)]
    [InlineData("docs\n!docs/a/b", "docs/c", true)]
    [InlineData("docs\n!**/*.md", "docs/c", false)]
    public void Folder_Ignored_IsWalkedOnlyForExceptions(string file, string folder, bool skipped) =>
        IgnorePatterns.Parse(file, "x").IgnoresAllBelow(folder).ShouldBe(skipped);
}
