using Slipway.Contracts;
using Slipway.Engines.Docker;

namespace Slipway.Engines.Tests.Docker;

public sealed class DockerProgramTests(RealEngine real) : ProgramContract
{
    readonly DockerEngine _engine = new(real.Client, _ => null);

    protected override IEngine Engine => _engine;

    protected override string Image => RealEngine.Tag;
}
