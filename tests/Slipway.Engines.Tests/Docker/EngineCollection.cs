namespace Slipway.Engines.Tests.Docker;

/// <summary>Tests that share the real engine and its small image, which is built once.</summary>
[CollectionDefinition(Name)]
public sealed class EngineCollection : ICollectionFixture<RealEngine>
{
    public const string Name = "Docker Engine";
}
