using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>APP or APP/SERVICE.</summary>
readonly record struct ServiceTarget(AppName App, string? Service)
{
    public static ServiceTarget Parse(string text)
    {
        var parts = text.Split('/', 2);
        if (parts is [_, ""]) throw new InvalidInputException(new Diagnostic { Key = "APP/SERVICE", Message = $"'{text}' names no service", Found = text, Expected = "APP or APP/SERVICE" });
        return new ServiceTarget(AppName.Parse(parts[0]), parts.Length == 2 ? parts[1] : null);
    }
}
