namespace Slipway.Cli.Rendering;

/// <summary>Colours where they are wanted (ECMA-48, SGR), plain text everywhere else.</summary>
readonly record struct Paint(bool On)
{
    /// <summary>Told apart on light and dark grounds, for instances in logs.</summary>
    static readonly int[] Wheel = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

    public static Paint For(Shell shell) => new(shell.Colors);

    public string Red(string text, string rest = "") => Sgr("31", text) + rest;

    public string Green(string text) => Sgr("32", text);

    public string Yellow(string text) => Sgr("33", text);

    public string Bold(string text) => Sgr("1", text);

    public string Dim(string text) => Sgr("2", text);

    /// <summary>The same colour for the same turn.</summary>
    public string Turn(int turn, string text) => Sgr(Wheel[turn % Wheel.Length].ToString(System.Globalization.CultureInfo.InvariantCulture), text);

    string Sgr(string code, string text) => On ? $"\e[{code}m{text}\e[0m" : text;
}
