using Slipway.Model;

namespace Slipway.Registry.Images;

/// <summary>For hosts that ask who may do what before they do it.</summary>
public static class ImageRepository
{
    /// <summary>The repository in an image's name (team/app of team/app:1.2).</summary>
    /// <exception cref="InvalidInputException">The text is no image's name.</exception>
    public static string Of(string image) => ImageName.Parse(image).Repository.Value;
}
