using System.Data.Common;
using Slipway.Model;

namespace Slipway.Registry.Images;

/// <summary>An image that something outside of the registry needs: a release of an app that runs or is about to.</summary>
/// <param name="Repository">For example guestbook/web.</param>
/// <param name="By">For people: guestbook v3 (live).</param>
public sealed record ImageUse(string Repository, Digest Digest, string By);

/// <summary>
/// What is in use now. Called with a connection of the registry's own database, also inside a write, so that nothing can come into use between the look
/// and the removal: it only reads through that connection.
/// </summary>
public delegate IReadOnlyList<ImageUse> ImageUses(DbConnection connection);
