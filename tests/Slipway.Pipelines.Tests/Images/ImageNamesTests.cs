using Slipway.Model;
using Slipway.Pipelines.Images;

namespace Slipway.Pipelines.Tests.Images;

public sealed class ImageNamesTests
{
    [Theory]
    [InlineData("web", "shop/web")]
    [InlineData("My_Web.1", "shop/my_web.1")]
    [InlineData("a__b--c", "shop/a_b-c")]
    [InlineData("_x-", "shop/x")]
    [InlineData("...", "shop/service")]
    public void Repository_OfAService_IsAnOciName(string service, string repository)
    {
        ImageNames.Repository(AppName.Parse("shop"), service).ShouldBe(repository);
        ImageReference.TryParse($"127.0.0.1:8080/{repository}:1", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("debian:bookworm-slim", "base/docker.io/library/debian", "bookworm-slim")]
    [InlineData("ghcr.io/a/b", "base/ghcr.io/a/b", "latest")]
    [InlineData("localhost:5000/x:1", "base/localhost__5000/x", "1")]
    public void Base_Reference_GoesThereAndBack(string image, string repository, string tag)
    {
        ImageNames.Base(ImageReference.Parse(image)).ShouldBe((repository, tag));
        ImageNames.FromBase(repository, tag).ShouldBe(ImageReference.Parse(image));
    }
}
