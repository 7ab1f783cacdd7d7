using Slipway.Contracts;
using Slipway.Engines.Docker;

namespace Slipway.Engines.Tests.Docker;

[Collection(EngineCollection.Name)]
public sealed class DockerEngineTests(RealEngine real) : ProgramContract
{
    readonly DockerEngine _engine = new(real.Client, _ => null);

    protected override IEngine Engine => _engine;

    protected override string Image => RealEngine.Tag;
}
