using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>The files of a project as one tree: interpolated, extended, merged, its includes taken in.</summary>
/// <param name="Root">Null where no file could be read.</param>
sealed record Project(AppName? Name, Mapping? Root, Variables Variables, Source Place);
