namespace Slipway.Releases.Sites;

/// <summary>The files of an image can't be a site. The message says what was found, and what would be right.</summary>
sealed class SiteException(string message) : Exception(message);
