using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Tests.Rendering;

public class PlanPageTests
{
    static DeployPlan Plan { get; } = new()
    {
        App = AppName.Parse("shop"),
        Outcome = PlanOutcome.Release,
        Live = 3,
        Next = 4,
        Strategy = Strategy.BlueGreen,
        Services =
        [
            new PlannedService
            {
                Service = "web", Action = PlannedAction.Replace, IsBuilt = true,
                Changes =
                [
                    new ModelChange { Service = "web", Kind = ChangeKind.Environment, Key = "environment.LEVEL", Before = "info", After = "debug" },
                    new ModelChange { Service = "web", Kind = ChangeKind.Environment, Key = "environment.TOKEN", Before = "***", After = "***", IsSecret = true },
                    new ModelChange { Service = "web", Kind = ChangeKind.Container, Key = "user", After = "app" },
                    new ModelChange { Service = "web", Kind = ChangeKind.Container, Key = "command", Before = new string('x', 80), After = null },
                ],
            },
            new PlannedService { Service = "api", Action = PlannedAction.Replace, Because = ["redis"] },
            new PlannedService { Service = "redis", Action = PlannedAction.Restart, Changes = [new ModelChange { Service = "redis", Kind = ChangeKind.Image, Key = "image", Before = "redis:7", After = "redis:8" }] },
            new PlannedService { Service = "worker", Action = PlannedAction.Perhaps, IsBuilt = true },
            new PlannedService { Service = "mail", Action = PlannedAction.Keep },
            new PlannedService { Service = "cron", Action = PlannedAction.Create },
            new PlannedService { Service = "old", Action = PlannedAction.Remove },
        ],
        Places = [new PlannedPlace("www.example.com/", null, "web"), new PlannedPlace("port 8080/tcp", "web", null), new PlannedPlace("shop.example.com/api", "web", "api")],
        Changes = [new ModelChange { Kind = ChangeKind.Volume, Key = "volumes.shop_data", Before = "of the app" }],
        Order = ["web and worker are built", "all requests go to v4 at once"],
        Notes = ["The volume shop_data is not used any more, and kept."],
        Blockers = ["shop is frozen."],
    };

    [Fact]
    public void Write_Changes_TellsAllOfThemShortly() => Shown(Plan).ShouldBe("""
        shop  v3 → v4, blue-green

          ~ web     replaced, built anew
              environment.LEVEL  info → debug
              environment.TOKEN  changed (***)
              user               + app
              command            - xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
          ~ api     replaced: it depends on redis
          ~ redis   stopped and started anew at the switch
              image  redis:7 → redis:8
          ? worker  built; replaced if its image comes out different
          = mail    runs on
          + cron    new
          - old     goes

          + www.example.com/      web
          - port 8080/tcp         web
          ~ shop.example.com/api  web → api
          - volume shop_data

        What happens
          1. web and worker are built
          2. all requests go to v4 at once

        ! The volume shop_data is not used any more, and kept.
        ✘ A deploy would be refused now: shop is frozen.

        """.ReplaceLineEndings("\n"));

    [Fact]
    public void Write_Nothing_IsOneLine() =>
        Shown(Plan with { Outcome = PlanOutcome.Nothing, Notes = [], Blockers = [] }).ShouldBe("✔ Nothing would change: shop v3 is what the files say.\n");

    [Fact]
    public void Write_FirstRelease_SaysSo() => Shown(Plan with { Live = null, Next = 1 }).ShouldStartWith("shop  v1, its first release, blue-green\n");

    static string Shown(DeployPlan plan)
    {
        var output = new StringWriter();
        PlanPage.Write(output, new Paint(On: false), plan);
        return output.ToString().ReplaceLineEndings("\n");
    }
}
